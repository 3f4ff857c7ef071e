landing-title = Selamat Datang di Context Engine
landing-tagline = Yang Anda ketahui bersama, selalu selaras.
landing-description = Simpan apa yang perlu diketahui orang dan program di satu tempat, lengkap dengan versinya, dan biarkan setiap peserta melihat perubahannya saat itu juga.
landing-call-to-action = Buka sesi pertama Anda

landing-feature-sessions = Sesi yang tidak hilang saat jendela ditutup
    .body = Tinggalkan, kembali dari perangkat lain, lalu lanjutkan dari tempat Anda berhenti.
landing-feature-sync = Selaras dalam sekejap
    .body = Setiap perubahan sampai kepada setiap peserta, dan dua perubahan serentak tidak saling menimpa.
landing-feature-suggestions = Saran dengan sumbernya
    .body = Mesin ini menyatakan apa yang diusulkannya, dan dari bagian konteks yang mana.

plan-free = Gratis
    .description = Sesi bagi Anda sendiri dan program Anda.
plan-team = Tim
    .description = Sesi bersama, lebih banyak permintaan, dan riwayat yang lebih panjang.
