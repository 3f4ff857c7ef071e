# Pesan layanan gerbang ketika ada yang tidak sesuai.
gateway-wrong-stage = Migrasi sedang berada pada tahap { $stage }: langkah ini tidak dapat dilakukan.
gateway-no-legacy = Belum ada sistem lama di belakang gerbang. Mulailah dengan menyebutkannya.
gateway-still-moving = Migrasi berikut masih memerlukan sistem lama: { $names }. Batalkan lebih dahulu.
gateway-field-taken = Nama atau jalur ini sudah dipakai oleh migrasi lain.
gateway-field-url = Tuliskan skema, host, dan port saja, misalnya http://127.0.0.1:4000.
gateway-field-name = Gunakan 1 sampai 40 huruf kecil, angka, dan tanda hubung.
gateway-field-path = Tuliskan jalur seperti /api/v1/goals, tanpa garis miring di akhir.
gateway-field-service = Banyan tidak memiliki layanan tersebut di sini.
gateway-field-service-or-url = Sebutkan salah satu: layanan Banyan atau alamat implementasi yang baru.
gateway-field-reserved = Identity dan gateway tetap di tempatnya, dan memiliki panggilan di bawah jalur ini. Pilih jalur yang lebih panjang.
gateway-field-host = Tuliskan host seperti app.example.org atau *.example.org, dengan huruf kecil.
gateway-field-pointer = Tuliskan penunjuk JSON seperti /data/*/createdAt.
gateway-field-header = Tuliskan header sebagai nama: nilai.
gateway-field-refused = Pintu depan menolaknya (keterangan dalam bahasa Inggris): { $reason }; { $remedy }.
gateway-field-definition = Tuliskan sebuah objek dengan kata-kata berkas rute.
gateway-field-definition-long = Jangan melebihi 64 KiB dan 24 tingkat.
gateway-field-version = Tidak ada versi tersebut yang dapat dikembalikan. Daftar versi menampilkan semuanya.
gateway-entry-breaks = Perubahan ini akan menghentikan: { $names }. Ubahlah yang itu lebih dahulu.
gateway-too-many-entries = Tidak lebih dari { $most } dapat disimpan. Hapus sebagian, atau tuliskan ke dalam berkas rute.
gateway-field-cookie = Tuliskan cookie sebagai nama=nilai.
gateway-field-purge = Sebutkan tag, alamat dengan hostnya seperti example.org/news/1, atau awal alamat; kosongkan untuk semuanya.
