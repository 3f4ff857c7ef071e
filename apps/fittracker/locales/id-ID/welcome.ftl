# Yang ditemukan pengguna baru: target pertama, dan catatan jurnal pertama. Pengguna disapa dengan “Anda”.

welcome-goal = Berlatih tiga kali seminggu
    .text = Target pertama untuk memulai. Ubahlah sesuai kebutuhan Anda, atau hapus saja.

welcome-journal = Selamat datang di FitTracker
    .text = Jurnal ini hanya milik Anda. Setelah setiap sesi, tuliskan apa yang Anda rasakan: sebulan lagi Anda akan melihat perubahannya.
