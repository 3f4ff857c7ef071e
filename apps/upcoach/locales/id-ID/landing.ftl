# Halaman pembuka. Judulnya sama bagi semua orang yang meminta dalam bahasa ini.
landing-title = Selamat Datang di UpCoach
landing-tagline = Selangkah lebih maju, setiap hari.
landing-description = Tetapkan tujuan yang berarti bagi Anda, bangun kebiasaan yang menopangnya, lalu catat apa yang Anda pelajari sepanjang perjalanan. Catatan Anda tetap milik Anda: tidak seorang pun dapat membacanya tanpa izin Anda.
landing-call-to-action = Mulai tujuan pertama Anda

landing-feature-goals = Tujuan yang kemajuannya terlihat
    .body = Lengkapi tujuan Anda dengan angka, tenggat, dan tonggak capaian, lalu saksikan tujuan itu kian dekat.
landing-feature-habits = Kebiasaan yang cocok dengan pekan Anda
    .body = Setiap hari, pada hari pilihan, atau tiga kali sepekan. Satu hari terlewat hanya sedikit mengurangi kekuatan, tidak menghapus semuanya.
landing-feature-journal = Jurnal milik Anda seorang
    .body = Tulis atau ucapkan. Hanya Anda yang dapat membukanya, sampai Anda membagikannya kepada pelatih, dan izin itu dapat Anda cabut kapan saja.
landing-feature-coach = Pelatih di sisi Anda
    .body = Izinkan seseorang atau asisten pelatih melihat bagian yang Anda pilih.

plan-free = Gratis
    .description = Tujuan, kebiasaan, dan jurnal, selama Anda menginginkannya.
plan-plus = Plus
    .description = Lebih banyak waktu bersama asisten, serta grafik dari tahun ke tahun.
plan-coach = Pelatih
    .description = Bagi Anda yang mendampingi orang lain.
