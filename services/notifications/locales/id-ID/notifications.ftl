# Isi pemberitahuan, dan apa yang salah pada data yang dikirim.

## Penolakan

# $values (text): nama nilai, dipisahkan koma
notifications-values-missing = Templat ini masih membutuhkan nilai: { $values }.
notifications-template-unknown = Tidak ada templat dengan nama ini di dalam katalog.
notifications-delivery-not-failed = Pengiriman ini tidak gagal, jadi tidak diulang.
notifications-field-template-name = Gunakan huruf kecil, angka, dan tanda hubung, diawali dengan huruf.
notifications-field-arguments = Berikan objek yang nilainya berupa teks atau bilangan bulat.
notifications-field-mode-not-allowed = Topik ini tidak dapat diterima sejarang itu, atau tidak dapat dimatikan, melalui cara ini.
notifications-field-time = Berikan jam seperti 22:30.
notifications-field-zone = Berikan zona waktu dari daftar IANA, misalnya Asia/Jakarta.
notifications-field-link = Berikan jalur yang diawali satu garis miring, atau alamat https.

## Email, bagian yang sama
# $name (text): nama orangnya; $brand (text): nama tempatnya

notifications-greeting = Halo { $name },
notifications-greeting-nameless = Halo,
notifications-open = Buka
notifications-why = Anda menerima email ini karena memiliki akun di { $brand }.
notifications-settings = Pilih apa yang Anda terima
notifications-unsubscribe = Hentikan email tentang topik ini
# $count (number): banyaknya pemberitahuan; $brand (text): nama tempatnya
notifications-gathered-subject = { $count } pemberitahuan dari { $brand }
notifications-gathered-lead = Inilah yang terjadi sejak email terakhir.

## Halaman untuk menghentikan topik
# $topic (text): nama topiknya

notifications-unsubscribe-title = Hentikan email?
notifications-unsubscribe-ask = Anda tidak akan lagi menerima email tentang topik ini: { $topic }. Semuanya tetap ada di kotak masuk Anda.
notifications-unsubscribe-button = Konfirmasi
notifications-unsubscribe-done = Selesai. Anda tidak lagi menerima email tentang topik ini: { $topic }.
notifications-unsubscribe-invalid = Tautan ini tidak lengkap. Bukalah kembali dari email.
notifications-topic-security = Keamanan
notifications-topic-account = Akun
notifications-topic-goals = Tujuan
notifications-topic-messages = Pesan
notifications-topic-announcements = Pengumuman

## Pemberitahuan

notification-welcome-title = Selamat datang
notification-welcome-body = Akun Anda siap. Mulailah dengan satu tujuan kecil: apa yang ingin Anda selesaikan dalam sepekan?
notification-password-changed-title = Kata sandi Anda diganti
notification-password-changed-body = Seseorang mengganti kata sandi akun Anda, dan semua perangkat lain dikeluarkan. Jika itu bukan Anda, segera buat kata sandi baru.
notification-password-changed-action = Buat kata sandi baru
notification-roles-changed-title = Hak Anda diubah
notification-roles-changed-body = Seorang administrator mengubah apa yang boleh Anda lakukan di sini. Jika Anda tidak menduganya, tanyakan kepada administrator Anda.
notification-account-disabled-title = Akun Anda ditutup
notification-account-disabled-body = Seorang administrator menutup akun Anda. Tanyakan kepada administrator Anda jika Anda tidak menduganya.
notification-goal-completed-title = Anda mencapai sebuah tujuan
notification-goal-completed-body = Kerja bagus. Lihatlah sejenak apa yang telah Anda capai, lalu pilih langkah berikutnya.
notification-goal-completed-action = Lihat tujuannya
# $habit (text): nama kebiasaan menurut orangnya
notification-habit-reminder-title = Saatnya: { $habit }
notification-habit-reminder-body = Anda ingin melakukan ini hari ini: { $habit }.
notification-test-title = Sebuah percobaan
notification-test-body = Pesan ini menunjukkan bahwa pemberitahuan sampai kepada Anda lewat cara ini.
# $code (text): enam angka
notification-phone-code-text = { $code } adalah kode Anda. Berlaku sepuluh menit. Jangan berikan kepada siapa pun.
