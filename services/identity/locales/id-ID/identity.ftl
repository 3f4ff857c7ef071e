# Akun: apa yang salah pada data yang dikirim, dan isi email.

## Penolakan

identity-secret-invalid = Tautan atau kode ini sudah dipakai, sudah kedaluwarsa, atau tidak pernah dikirim. Mintalah email yang baru.
identity-email-taken = Alamat ini sudah memiliki akun. Silakan masuk, atau buat kata sandi baru jika Anda lupa.
identity-registration-closed = Di sini orang bergabung melalui undangan. Mintalah undangan kepada pengelola.
identity-not-oneself = Tindakan ini tidak dapat dilakukan pada akun sendiri. Mintalah bantuan administrator lain.
identity-owners-only = Hanya pemilik yang dapat mengangkat, mengubah, atau memberhentikan admin dan pemilik.
identity-last-owner = Tidak akan ada pemilik yang tersisa. Angkat pemilik lain terlebih dahulu.
# $max (number): banyaknya organisasi yang dapat diikuti seorang pengguna
identity-too-many-organisations = Seorang pengguna dapat menjadi anggota paling banyak { $max } organisasi.
# $scope (text): the name of the permission
identity-scope-not-held = { $scope } bukan izin pemilik kunci, jadi kunci pun tidak dapat memilikinya. Hapus dari daftar.
# $max (number): how many keys a user may have
identity-too-many-keys = Satu pengguna dapat memiliki paling banyak { $max } kunci API. Cabut yang tidak dipakai, atau buat akun layanan.
identity-not-a-program = Ini bukan akun layanan. Setiap orang membuat kuncinya sendiri.
identity-expires-in-the-past = Waktu ini sudah lewat. Pilih waktu yang lebih kemudian, atau kosongkan.
identity-network-invalid = Tulis alamat atau jaringan, misalnya 203.0.113.0/24 atau 2001:db8::/32.
identity-time-invalid = Tulis waktu seperti 2025-01-31T17:00:00Z.

## Kata sandi

password-too-short = Pilih sedikitnya 8 karakter.
password-too-long = Pilih paling banyak 128 karakter.
password-control-characters = Kata sandi tidak boleh memuat karakter kontrol.
password-common = Kata sandi ini sangat umum dan termasuk yang pertama dicoba penyerang. Pilih yang lain; kalimat pendek adalah pilihan yang baik.
password-pattern = Urutan, pengulangan, dan tanggal mudah ditebak. Pilih yang lain; kalimat pendek adalah pilihan yang baik.
password-personal = Kata sandi ini tersusun dari nama atau alamat Anda, yang diketahui penyerang. Pilih yang lain.

## Email, bagian yang sama
# $name (text): nama orangnya; $brand (text): nama tempatnya

mail-greeting = Halo { $name },
mail-greeting-nameless = Halo,
mail-code = Jika tautan tidak berfungsi, masukkan kode ini:
mail-sign-off = { $brand }

## Email: konfirmasi alamat
# $days (number): masa berlaku tautan

mail-verify-subject = Konfirmasikan alamat Anda untuk { $brand }
mail-verify-lead = Seseorang, semoga Anda sendiri, membuat akun di { $brand } dengan alamat ini. Mohon konfirmasikan bahwa alamat ini milik Anda.
mail-verify-action = Konfirmasikan alamat
mail-verify-note = Tautan berlaku selama { $days } hari. Jika bukan Anda yang melakukannya, abaikan email ini: tidak akan terjadi apa-apa.

## Email: kata sandi baru
# $hours (number): masa berlaku tautan

mail-reset-subject = Buat kata sandi baru untuk { $brand }
mail-reset-lead = Seseorang, semoga Anda sendiri, meminta kata sandi baru untuk akun Anda di { $brand }.
mail-reset-action = Buat kata sandi baru
mail-reset-note = Tautan berlaku satu kali, selama { $hours } jam. Semua perangkat Anda harus masuk kembali. Jika bukan Anda yang meminta, abaikan email ini: kata sandi Anda tidak berubah.

## Email: undangan
# $days (number): masa berlaku tautan

mail-invite-subject = Anda diundang ke { $brand }
mail-invite-lead = Anda diundang untuk bergabung dengan { $brand }. Pilih kata sandi, dan akun Anda siap digunakan.
mail-invite-action = Terima undangan
mail-invite-note = Tautan berlaku satu kali, selama { $days } hari. Jika Anda tidak menantikan undangan, abaikan email ini: tidak akan terjadi apa-apa.

## Halaman di balik tautan email
# $brand (text): nama tempatnya

page-new-password = Kata sandi baru (sedikitnya 8 karakter)

page-verify-title = Konfirmasikan alamat Anda
page-verify-lead = Apakah ini alamat Anda? Jika ya, konfirmasikan untuk { $brand }.
page-verify-action = Konfirmasikan alamat
page-verify-done = Terima kasih. Alamat Anda telah dikonfirmasi; halaman ini boleh ditutup.

page-reset-title = Buat kata sandi baru
page-reset-lead = Pilih kata sandi baru untuk { $brand }. Kalimat pendek adalah pilihan yang baik: panjang dan mudah diingat.
page-reset-action = Simpan kata sandi
page-reset-done = Kata sandi baru Anda telah disimpan. Semua perangkat Anda telah keluar: silakan masuk kembali.

page-invite-title = Anda diundang
page-invite-lead = Pilih kata sandi untuk { $brand }, dan akun Anda siap digunakan. Kalimat pendek adalah pilihan yang baik: panjang dan mudah diingat.
page-invite-action = Terima undangan
page-invite-done = Selamat datang. Akun Anda siap: masuklah dengan alamat dan kata sandi Anda.
