# Kesalahan pada satu isian. Nama isian ditampilkan di samping pesan, sehingga tidak diulang di sini.

field-required = Isian ini wajib diisi.
field-too-short = Masukkan sedikitnya { $min } karakter.
field-too-long = Masukkan paling banyak { $max } karakter.
field-out-of-range = Masukkan nilai antara { $min } dan { $max }.
field-too-small = Masukkan { $min } atau lebih.
field-too-large = Masukkan { $max } atau kurang.
field-too-few = Isi sedikitnya { $min } entri.
field-too-many = Isi paling banyak { $max } entri.
field-wrong-type = Nilai harus bertipe “{ $expected }”.
field-not-one-of = Pilih { LIST($allowed, type: "or") }.
field-not-unique = Nilai ini sudah digunakan.
field-unknown = Isian ini tidak dikenal.
field-duplicate = Isian ini hanya boleh diberikan satu kali.
field-blank = Masukkan teks, bukan hanya spasi.
field-control-characters = Hapus karakter kontrol dari isian ini.
field-invalid = Nilai tidak valid.
field-invalid-email = Masukkan alamat email yang valid, misalnya nama@example.com.
field-invalid-uuid = Masukkan pengenal (UUID) yang valid.
field-invalid-url = Masukkan alamat web lengkap yang diawali dengan https://.
field-invalid-date = Masukkan tanggal yang valid dengan format TTTT-BB-HH, misalnya 2024-01-15.
field-invalid-time = Masukkan waktu yang valid dengan format JJ:MM, misalnya 08:30.
field-invalid-timestamp = Masukkan waktu yang valid dalam format RFC 3339, misalnya 2024-01-15T08:30:00Z.
field-invalid-time-zone = Masukkan zona waktu yang valid, misalnya Asia/Jakarta.
field-invalid-locale = Masukkan kode bahasa yang didukung, misalnya id-ID atau en-US.
field-invalid-schedule = Jadwal tidak valid.
field-invalid-currency = Masukkan kode mata uang yang valid, misalnya IDR atau USD.
field-invalid-pattern = Nilai tidak sesuai dengan format yang ditentukan.
field-invalid-cursor = Penanda halaman tidak valid. Mulai kembali tanpa penanda.
field-weak-password = Pilih kata sandi yang lebih panjang dan tidak mudah ditebak.
field-must-be-future = Pilih waktu yang akan datang.
field-must-be-past = Pilih waktu yang sudah lampau.
field-must-be-after-start = Waktu selesai harus sesudah waktu mulai.
field-not-found = Data yang dirujuk isian ini tidak ada.
field-read-only = Isian ini tidak dapat diubah.

field-own-account = Ini adalah Anda sendiri; pilih orang lain.
