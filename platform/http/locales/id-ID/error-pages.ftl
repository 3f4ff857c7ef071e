# Dokumentasi setiap kode galat: artinya, penyebabnya, dan yang perlu dilakukan.

validation-failed-means = Permintaan dapat dipahami, tetapi satu atau beberapa isian nilainya tidak diizinkan. Tidak ada yang diubah.
validation-failed-why = Isian wajib tidak ada, isian tidak dikenal, tipe nilainya lain, atau nilainya terlalu panjang, terlalu pendek, atau di luar batas. Setiap isian yang salah tercantum pada `errors` dengan nama, kode, dan pesannya; nama isian bersarang berbentuk `items[0].title`.
validation-failed-do = Perbaiki semua isian pada `errors`, lalu kirim kembali permintaannya. `code` pada setiap isian ditujukan untuk program dan sama dalam semua bahasa.

malformed-body-means = Isi permintaan bukan dokumen JSON yang dapat dibaca.
malformed-body-why = Ada kurung atau tanda kutip yang kurang, teksnya bukan UTF-8, isi permintaan kosong, atau susunan datanya lebih dari 128 tingkat. Baris dan kolom kesalahan pertama tercantum pada penjelasan.
malformed-body-do = Gunakan pustaka JSON untuk menulis isi permintaan, jangan merangkai teks sendiri, dan kirim sebagai UTF-8.

malformed-request-means = Ada bagian permintaan selain isinya yang tidak dapat dibaca.
malformed-request-why = Tanda persen pada alamat tidak diikuti dua angka heksadesimal, teks hasil dekodenya bukan UTF-8, parameter kueri lebih dari 100, atau isi permintaan tidak diterima seluruhnya.
malformed-request-do = Kodekan setiap bagian alamat satu kali dengan pustaka, lalu kirim kembali permintaannya.

unsupported-media-type-means = Tipe media isi permintaan tidak dapat dibaca oleh panggilan ini.
unsupported-media-type-why = Header `Content-Type` tidak ada, menyebut tipe selain JSON, atau menyebut pengodean selain UTF-8.
unsupported-media-type-do = Kirim `Content-Type: application/json`.

not-acceptable-means = Jawaban tidak dapat diberikan dalam bentuk yang diizinkan permintaan.
not-acceptable-why = Header `Accept` mengecualikan semua bentuk yang tersedia pada alamat ini.
not-acceptable-do = Izinkan `application/json`, atau hapus header tersebut.

payload-too-large-means = Isi permintaan melebihi jumlah bita yang diterima panggilan ini. Isinya tidak dibaca sampai akhir.
payload-too-large-why = Sebagian besar panggilan menerima 1 MiB; batas panggilan ini tercantum pada penjelasan.
payload-too-large-do = Kirim data sedikit demi sedikit dalam beberapa permintaan.

uri-too-long-means = Alamat beserta kuerinya lebih panjang daripada yang dibaca server.
uri-too-long-why = Sering kali karena daftar panjang dimasukkan ke dalam kueri.
uri-too-long-do = Persingkat kuerinya, atau minta lebih sedikit data sekaligus.

headers-too-large-means = Semua header, atau salah satunya, lebih besar daripada yang dibaca server.
headers-too-large-why = Sering kali karena kuki membesar, atau proksi menambahkan header yang sama berulang kali.
headers-too-large-do = Kurangi atau persingkat header; hapus kuki lama.

request-timeout-means = Permintaan tidak diterima seluruhnya dalam waktu tunggu server.
request-timeout-why = Koneksi lambat atau terputus.
request-timeout-do = Kirim kembali permintaannya. Dengan `Idempotency-Key`, hal ini juga aman untuk panggilan yang membuat data baru.

unauthenticated-means = Panggilan ini hanya untuk pengguna yang sudah masuk, sedangkan permintaan tidak membawa kredensial.
unauthenticated-why = Header `Authorization` tidak ada, atau dihapus oleh proksi.
unauthenticated-do = Masuk terlebih dahulu, lalu kirim token akses sebagai `Authorization: Bearer …`.

invalid-token-means = Kredensial dapat dibaca, tetapi tidak diterima.
invalid-token-why = Token berubah di perjalanan, ditandatangani pihak lain, atau sesinya sudah diakhiri karena keluar, kata sandi baru, atau tindakan administrator.
invalid-token-do = Silakan masuk kembali. Jika langsung terjadi lagi, bandingkan token itu dengan token yang Anda terima.

token-expired-means = Token akses semula sah, tetapi masa berlakunya sudah habis.
token-expired-why = Token akses hanya berlaku beberapa menit agar token yang dicuri segera tidak berguna.
token-expired-do = Minta token baru dengan token penyegar, lalu kirim kembali permintaannya. Pustaka klien melakukannya secara otomatis.

tenant-mismatch-means = Permintaan menyebut dua tenant yang berbeda.
tenant-mismatch-why = Nama host, header `X-Tenant`, dan kredensial harus cocok. Kredensial satu tenant tidak berlaku di tenant lain.
tenant-mismatch-do = Gunakan alamat tenant tempat Anda masuk, atau masuklah di tenant tersebut.

invalid-credentials-means = Proses masuk gagal. Jawabannya sama untuk alamat yang tidak dikenal dan kata sandi yang salah, agar tidak ada yang tahu alamat mana yang memiliki akun.
invalid-credentials-why = Alamat email atau kata sandi salah, atau akun itu tidak ada di tenant ini.
invalid-credentials-do = Periksa keduanya. Kata sandi yang terlupa dapat diganti melalui `POST /api/v1/auth/password/forgot`.

mfa-required-means = Kata sandi benar, tetapi diperlukan faktor kedua untuk menyelesaikan proses masuk.
mfa-required-why = Akun dilindungi dengan faktor kedua.
mfa-required-do = Kirim kode dari aplikasi autentikator, atau konfirmasikan dengan kunci sandi.

email-not-verified-means = Panggilan ini memerlukan akun yang alamat emailnya sudah dikonfirmasi.
email-not-verified-why = Tautan dalam pesan setelah pendaftaran belum dibuka.
email-not-verified-do = Buka tautan itu, atau minta pesan baru.

forbidden-means = Anda sudah masuk, tetapi tindakan ini tidak diizinkan bagi Anda, atau datanya tidak ada. Untuk data pribadi jawabannya selalu seperti ini, agar tidak ada yang tahu apakah data itu ada.
forbidden-why = Data itu milik orang lain, sudah dihapus, tidak pernah ada, atau memerlukan izin yang tidak termasuk dalam peran Anda.
forbidden-do = Periksa alamatnya. Jika Anda seharusnya memiliki akses, mintalah pemiliknya untuk berbagi, atau mintalah izin kepada administrator.

not-found-means = Tidak ada data publik pada alamat ini.
not-found-why = Alamatnya salah ketik, atau datanya sudah dihapus.
not-found-do = Periksa alamatnya; semua panggilan tercantum di `/docs`.

method-not-allowed-means = Alamatnya ada, tetapi tidak untuk metode ini.
method-not-allowed-why = Misalnya, `DELETE` dikirim ke sebuah daftar.
method-not-allowed-do = Gunakan salah satu metode pada header `Allow`.

conflict-means = Perubahan tidak sesuai dengan data yang tersimpan saat ini.
conflict-why = Orang lain telah mengubahnya, atau urutan langkahnya tidak mengizinkan: data yang diarsipkan tidak dapat diselesaikan.
conflict-do = Muat keadaan terbaru, lalu putuskan kembali.

already-exists-means = Sudah ada data lain dengan nilai unik yang sama, sehingga tidak ada yang dibuat.
already-exists-why = Sebuah nama atau alamat hanya boleh dipakai satu kali, dan nilai itu sudah dipakai. Dua permintaan yang sama pada saat bersamaan juga berakhir demikian: satu berhasil, yang lain menerima jawaban ini.
already-exists-do = Pilih nilai lain, atau gunakan data yang sudah ada. Agar aman mengulang permintaan, sertakan `Idempotency-Key`.

idempotency-in-progress-means = Permintaan dengan `Idempotency-Key` yang sama sedang dijalankan.
idempotency-in-progress-why = Permintaan diulang sebelum permintaan pertama dijawab.
idempotency-in-progress-do = Tunggu sebentar, lalu kirim kembali; Anda akan menerima jawaban permintaan pertama.

gone-means = Data yang semula ada di sini sudah dihapus secara permanen.
gone-why = Data itu dihapus atas permintaan atau karena aturan masa simpan data.
gone-do = Hapus rujukan ke data itu.

precondition-failed-means = Data sudah berubah sejak Anda memuatnya, sehingga perubahan Anda tidak disimpan.
precondition-failed-why = Tanda pada `If-Match` bukan tanda yang berlaku sekarang: orang lain lebih dahulu mengubahnya.
precondition-failed-do = Muat kembali datanya, terapkan perubahan Anda, dan kirim `ETag` yang baru pada `If-Match`.

idempotency-key-reused-means = `Idempotency-Key` itu sudah dipakai untuk permintaan lain sebelumnya.
idempotency-key-reused-why = Satu kunci berlaku untuk satu permintaan: panggilan dan isi yang sama persis. Permintaan ini berbeda.
idempotency-key-reused-do = Buat kunci baru, misalnya UUID acak, untuk setiap permintaan baru. Kunci diingat selama 24 jam.

weak-password-means = Kata sandi tidak diterima karena terlalu mudah ditebak.
weak-password-why = Kata sandi terlalu pendek, memuat nama atau alamat Anda sendiri, atau tercantum dalam daftar kata sandi yang bocor.
weak-password-do = Pilih kata sandi yang lebih panjang; beberapa kata yang tidak berkaitan sudah baik. Pengelola kata sandi dapat membuat dan menyimpannya untuk Anda.

unprocessable-means = Permintaan dapat dipahami dan isiannya valid, tetapi tidak dapat dijalankan dalam keadaan saat ini.
unprocessable-why = Ada aturan layanan yang melarangnya; penjelasannya menyebutkan aturan itu.
unprocessable-do = Baca penjelasannya, ubah yang disebutkan, lalu coba lagi.

precondition-required-means = Perubahan ini harus menyebutkan keadaan mana yang dimaksud.
precondition-required-why = Dua orang dapat menyuntingnya pada saat yang sama; tanpa `If-Match`, perubahan yang belakangan akan menimpa yang lebih dahulu tanpa terlihat.
precondition-required-do = Muat datanya terlebih dahulu, lalu kirim `ETag`-nya pada `If-Match`.

account-locked-means = Akun ini tidak dapat digunakan untuk masuk selama beberapa waktu.
account-locked-why = Terlalu banyak percobaan yang gagal, oleh Anda atau orang lain. Setiap percobaan berikutnya memperpanjang waktu tunggu.
account-locked-do = Tunggu sampai waktu pada `retryAfter`, atau buat kata sandi baru.

rate-limited-means = Anda mengirim permintaan lebih banyak daripada yang diizinkan dalam waktu ini.
rate-limited-why = Setiap kelas panggilan memiliki batas, yang tercantum pada header `RateLimit` dan `RateLimit-Policy`.
rate-limited-do = Tunggu sampai waktu pada `retryAfter`; jumlah detiknya juga ada pada `Retry-After`. Sebarkan permintaan Anda, dan minta banyak data dalam satu daftar.

unsupported-version-means = Alamat menyebut versi antarmuka yang sudah tidak dilayani.
unsupported-version-why = Sebelum dihentikan, sebuah versi diumumkan akan berakhir, dengan tanggalnya pada `Sunset`.
unsupported-version-do = Beralihlah ke versi yang berlaku. Semua panggilan tercantum di `/docs`.

internal-means = Terjadi kesalahan yang bukan disebabkan oleh Anda. Kesalahan ini sudah dicatat.
internal-why = Ada kekeliruan pada program, atau keadaan yang tidak terduga.
internal-do = Coba lagi nanti. Jika masih terjadi, sampaikan `requestId` kepada tim dukungan agar catatannya dapat ditemukan.

service-unknown-means = Gerbang tidak mengenal layanan yang dituju permintaan.
service-unknown-why = Rute atau konfigurasi menyebut layanan yang bukan bagian dari instalasi ini.
service-unknown-do = Bagi operator: bandingkan rute dengan `GET /services`. Bagi yang lain: hubungi tim dukungan.

upstream-failed-means = Permintaan sudah diteruskan, tetapi tidak ada jawaban yang sah.
upstream-failed-why = Layanan yang seharusnya menjawab berhenti di tengah pekerjaannya, atau mengirim sesuatu yang bukan jawaban HTTP.
upstream-failed-do = Belum dapat dipastikan apakah permintaan telah dijalankan: periksa sebelum mengulanginya. Dengan `Idempotency-Key`, pengulangan aman.

service-unavailable-means = Bagian sistem yang diperlukan panggilan ini tidak memberikan jawaban. Data yang sudah tersimpan tidak hilang.
service-unavailable-why = Bagian itu sedang dinyalakan, diperbarui, atau diperbaiki, atau basis datanya tidak dapat dihubungi.
service-unavailable-do = Coba lagi setelah jumlah detik pada `Retry-After`.

overloaded-means = Beban server melebihi kemampuannya, sehingga permintaan ini ditolak lebih awal.
overloaded-why = Banyak permintaan datang bersamaan, atau sesuatu yang diperlukan sedang lambat.
overloaded-do = Coba lagi setelah jumlah detik pada `Retry-After`, dan tunggu lebih lama setiap kali.

deadline-exceeded-means = Jawaban tidak siap dalam waktu yang diizinkan.
deadline-exceeded-why = Pekerjaannya besar, atau ada bagian sistem yang lambat.
deadline-exceeded-do = Belum dapat dipastikan apakah permintaan telah dijalankan: periksa sebelum mengulanginya. Dengan `Idempotency-Key`, pengulangan aman.
