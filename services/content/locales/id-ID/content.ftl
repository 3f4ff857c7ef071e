# Pesan layanan konten di sekitar tulisan pengguna dan templat aplikasi.
content-reason-no-journal = Karena Anda belum pernah menulis
content-reason-quiet = Karena sudah beberapa hari Anda tidak menulis
content-reason-daily-writer = Karena belakangan ini Anda sering menulis
content-reason-low-mood = Karena hari-hari terakhir terdengar berat
content-reason-high-mood = Karena hari-hari terakhir terdengar baik
content-reason-always = Dipilih untuk hari ini
content-reason-recent = Dari jurnal Anda sendiri

# $date: kapan ditulis.
content-recent-title = Anda menulis pada { DATETIME($date, dateStyle: "long") }
content-recent-voice-title = Anda bercerita pada { DATETIME($date, dateStyle: "long") }

# Bila suatu aplikasi tidak memiliki templat.
content-fallback = Sebaris untuk hari ini
    .body = Tuliskan satu hal yang ingin Anda kenang dari hari ini.

# Bila suatu aplikasi tidak memiliki halaman pembuka sendiri.
landing-title = Selamat Datang
landing-tagline = Senang berjumpa dengan Anda.
landing-description = Masuk untuk melanjutkan.
landing-call-to-action = Masuk
