# Pesan layanan gerbang ketika ada yang tidak sesuai.
gateway-wrong-stage = Migrasi sedang berada pada tahap { $stage }: langkah ini tidak dapat dilakukan.
gateway-no-legacy = Belum ada sistem lama di belakang gerbang. Mulailah dengan menyebutkannya.
