landing-title = Selamat Datang di AAITI
landing-tagline = Bertransaksi dengan mata terbuka.
landing-description = Uji strategi Anda dengan dana simulasi, lihat setiap pesanan beserta biayanya, dan ambil keputusan berdasarkan angka, bukan harapan. Perdagangan dapat menimbulkan kerugian; tidak ada yang merupakan nasihat keuangan di sini.
landing-call-to-action = Buka akun simulasi

landing-feature-paper = Dana simulasi lebih dahulu
    .body = Buku pesanan yang sama, aturan yang sama, tanpa risiko kehilangan uang selama Anda belajar.
landing-feature-orders = Pesanan yang bekerja sebagaimana mestinya
    .body = Harga sebelum waktu, stop dan post-only, serta catatan setiap langkah.
landing-feature-positions = Posisi dalam angka yang jelas
    .body = Laba dan rugi, eksposur, serta biaya, kapan saja.

plan-free = Gratis
    .description = Perdagangan simulasi dan angka tertunda.
plan-trader = Trader
    .description = Angka langsung, lebih banyak pesanan, dan model Anda sendiri.
