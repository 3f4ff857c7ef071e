# Halaman pertama sebuah instalasi.

page-title = Banyan sedang berjalan
page-lead = Ini adalah backend { $application }: satu program yang menampung akun, konten, dan antarmukanya. Anda berada di pintu depannya.
page-languages = Bahasa
# Nama bahasa ini dalam bahasanya sendiri.
page-language = Bahasa Indonesia

page-next = Ke mana selanjutnya
page-docs = Dokumentasi
    .text = Setiap panggilan beserta contoh yang dapat Anda kirim dari halamannya.
page-openapi = Deskripsi untuk program
    .text = Isi yang sama sebagai OpenAPI 3.1, untuk alat bantu dan klien yang dibuat otomatis.
page-landing = Panggilan pertama
    .text = Sambutan aplikasi, dalam bahasa peramban Anda.
page-services = Layanan
    .text = Setiap layanan dengan instansnya, beserta kesehatan, beban, dan latensinya.
page-health = Kesehatan
    .text = Apakah semuanya baik, untuk manusia dan untuk pemantauan.

page-runs = Yang berjalan di sini
page-up = aktif
page-down = mati
page-version = Versi { $version }

page-demo = Data untuk mencobanya
page-demo-text = Jika dijalankan dengan data demo, Banyan memiliki pengguna, tujuan, kebiasaan, dan jurnal, serta menampilkan data masuk mereka saat dimulai:

page-offline = Halaman ini dan dokumentasinya tidak memerlukan apa pun dari internet.
