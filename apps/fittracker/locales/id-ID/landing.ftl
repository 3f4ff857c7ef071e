landing-title = Selamat Datang di FitTracker
landing-tagline = Latihan yang selalu tercatat.
landing-description = Rencanakan sesi latihan Anda, catat setiap set dan setiap kilometer, lalu lihat apa yang benar-benar membuat Anda lebih kuat.
landing-call-to-action = Catat sesi pertama Anda

landing-feature-routines = Program yang menyesuaikan diri
    .body = Susun rencana dari ratusan gerakan dan ubahlah seiring perjalanan.
landing-feature-progress = Kemajuan yang dapat dipercaya
    .body = Rekor pribadi, volume, dan kecepatan, sejak hari pertama.
landing-feature-form = Perhatian pada teknik Anda
    .body = Rekam gerakan Anda dan ketahui apa yang perlu diperbaiki.

plan-free = Gratis
    .description = Gerakan, program, dan catatan latihan Anda.
plan-pro = Pro
    .description = Analisis teknik serta rekomendasi dari riwayat latihan Anda sendiri.
