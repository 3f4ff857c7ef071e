# Yang disampaikan kepada pengelola instalasi ketika ada yang perlu ditangani.
alerts-title = Banyan: { $service } perlu ditangani
alerts-title-over = Banyan: { $service } sudah pulih
alerts-stage-new = Baru
alerts-stage-still = Masih
alerts-stage-over = Selesai
alerts-dead-letters = { $count } peristiwa tidak dapat ditangani (banyan events dead list)
alerts-dead-letters-name = peristiwa yang tidak dapat ditangani
alerts-stuck-sagas = { $count } saga macet (banyan saga list --state stuck)
alerts-stuck-sagas-name = saga yang macet
alerts-failed-jobs = { $count } pekerjaan gagal untuk seterusnya (banyan jobs list --state failed)
alerts-failed-jobs-name = pekerjaan yang gagal untuk seterusnya
alerts-relay = { $count } peristiwa tidak keluar ke program lain (banyan events relay)
alerts-relay-name = peristiwa yang tidak keluar ke program lain
alerts-row-security = aturan baris tidak seperti yang dinyatakan (banyan compliance)
alerts-row-security-name = aturan baris yang tidak seperti dinyatakan
