# Judul dan penjelasan setiap kode galat (RFC 9457). Pengguna disapa dengan “Anda”.

## Permintaan

validation-failed-title = Beberapa isian tidak valid
validation-failed-detail = Perbaiki isian yang tercantum pada “errors”, lalu kirim kembali permintaan Anda.

malformed-body-title = Isi permintaan tidak dapat dibaca
malformed-body-detail = Isi permintaan tidak sesuai dengan format yang disebutkan pada Content-Type. Periksa sintaks, pengodean karakter, dan kedalaman susunan datanya.

malformed-request-title = Permintaan tidak dapat dibaca
malformed-request-detail = Ada bagian alamat, parameter kueri, atau header yang bentuknya tidak sesuai dengan ketentuan.

unsupported-media-type-title = Jenis media isi permintaan tidak didukung
unsupported-media-type-detail = Kirim isi permintaan dalam format yang diterima alamat ini dan cantumkan pada Content-Type, misalnya “application/json”.

not-acceptable-title = Tidak ada format yang sesuai dengan header Accept
not-acceptable-detail = Jawaban tidak tersedia dalam format yang diizinkan oleh header Accept. Izinkan “application/json” atau hapus header tersebut.

payload-too-large-title = Isi permintaan terlalu besar
payload-too-large-detail = Ukuran isi permintaan melebihi batas alamat ini. Kirim data secara bertahap.

uri-too-long-title = Alamat terlalu panjang
uri-too-long-detail = Alamat melebihi panjang yang dapat dibaca server. Persingkat parameter kuerinya.

headers-too-large-title = Header permintaan terlalu besar
headers-too-large-detail = Ukuran header melebihi batas yang dapat dibaca server. Kurangi atau persingkat; penyebabnya sering kali kuki yang terlalu panjang.

request-timeout-title = Permintaan terlalu lama diterima
request-timeout-detail = Permintaan tidak diterima seluruhnya pada waktunya. Periksa koneksi Anda, lalu kirim kembali.

method-not-allowed-title = Metode tidak diizinkan di sini
method-not-allowed-detail = Alamat ini tidak mendukung metode tersebut. Metode yang didukung tercantum pada header Allow.

unsupported-version-title = Versi antarmuka ini sudah tidak digunakan
unsupported-version-detail = Gunakan versi antarmuka yang masih berlaku. Perubahannya dijelaskan dalam dokumentasi.

unprocessable-title = Permintaan tidak dapat dijalankan
unprocessable-detail = Permintaan dapat dipahami, tetapi tidak dapat dijalankan dalam keadaan saat ini.

## Pengguna

unauthenticated-title = Silakan masuk terlebih dahulu
unauthenticated-detail = Diperlukan token akses yang sah pada header Authorization.

invalid-token-title = Token tidak sah
invalid-token-detail = Token telah diubah, dicabut, atau tidak pernah diterbitkan di sini. Silakan masuk kembali.

token-expired-title = Token sudah kedaluwarsa
token-expired-detail = Perbarui token akses dengan token penyegar, atau masuk kembali.

tenant-mismatch-title = Kredensial milik tenant lain
tenant-mismatch-detail = Nama host, header X-Tenant, dan kredensial harus merujuk ke tenant yang sama.

invalid-credentials-title = Email atau kata sandi salah
invalid-credentials-detail = Periksa keduanya, lalu coba lagi. Jika Anda lupa kata sandi, Anda dapat membuat yang baru.

mfa-required-title = Diperlukan faktor kedua
mfa-required-detail = Konfirmasikan proses masuk dengan faktor kedua Anda.

email-not-verified-title = Verifikasi alamat email terlebih dahulu
email-not-verified-detail = Buka tautan dalam pesan yang kami kirim ke alamat email Anda, atau minta tautan baru.

account-locked-title = Terlalu banyak percobaan gagal
account-locked-detail = Akun ini tidak dapat digunakan untuk masuk selama beberapa waktu. Coba lagi nanti atau buat kata sandi baru.

weak-password-title = Kata sandi terlalu lemah
weak-password-detail = Pilih kata sandi yang lebih panjang, tidak mudah ditebak, dan belum pernah muncul dalam kebocoran data.

forbidden-title = Anda tidak diizinkan melakukan tindakan ini
forbidden-detail = Anda tidak memiliki akses, atau data yang diminta tidak ada.

## Yang diminta

not-found-title = Tidak ditemukan
not-found-detail = Tidak ada apa pun pada alamat ini.

gone-title = Sudah tidak tersedia
gone-detail = Data yang sebelumnya berada pada alamat ini telah dihapus secara permanen.

conflict-title = Perubahan bertentangan dengan keadaan saat ini
conflict-detail = Muat keadaan terbaru, lalu pertimbangkan apakah perubahan itu masih diperlukan.

already-exists-title = Data sudah ada
already-exists-detail = Sudah ada data lain dengan rincian unik yang sama.

precondition-failed-title = Data telah diubah oleh pihak lain
precondition-failed-detail = Seseorang mengubah data ini setelah Anda memuatnya. Muat kembali, lalu ulangi perubahan Anda.

precondition-required-title = Diperlukan header If-Match
precondition-required-detail = Kirim ETag dari versi yang Anda muat pada If-Match agar tidak ada perubahan pihak lain yang tertimpa tanpa disadari.

idempotency-key-reused-title = Kunci idempotensi sudah dipakai untuk permintaan lain
idempotency-key-reused-detail = Gunakan Idempotency-Key baru untuk setiap permintaan baru; ulangi kunci hanya untuk permintaan yang sama persis.

idempotency-in-progress-title = Permintaan yang sama masih berjalan
idempotency-in-progress-detail = Permintaan dengan Idempotency-Key ini sedang dijalankan. Tunggu sebentar, lalu kirim kembali untuk mendapatkan hasilnya.

## Server

rate-limited-title = Terlalu banyak permintaan
rate-limited-detail = Tunggu sampai waktu yang tercantum pada header Retry-After, lalu coba lagi.

overloaded-title = Server sedang sangat sibuk
overloaded-detail = Beban server sedang melebihi kemampuannya. Coba lagi sebentar lagi.

service-unknown-title = Layanan tidak dikenal
service-unknown-detail = Tidak ada layanan dengan nama tersebut yang berjalan di sini.

upstream-failed-title = Tidak ada jawaban yang sah
upstream-failed-detail = Layanan yang seharusnya menjawab memutus sambungan, atau mengirim sesuatu yang bukan jawaban. Belum dapat dipastikan apakah permintaan telah dijalankan; periksa terlebih dahulu sebelum mengulanginya.

service-unavailable-title = Layanan sedang tidak tersedia
service-unavailable-detail = Salah satu bagian sistem tidak memberikan jawaban. Data yang sudah tersimpan tidak hilang. Coba lagi sebentar lagi.

deadline-exceeded-title = Proses memakan waktu terlalu lama
deadline-exceeded-detail = Jawaban tidak siap pada waktunya. Belum dapat dipastikan apakah permintaan telah dijalankan; periksa terlebih dahulu sebelum mengulanginya.

internal-title = Terjadi kesalahan di pihak kami
internal-detail = Kesalahan ini telah dicatat. Jika terjadi lagi, sampaikan ID permintaan kepada tim dukungan.
