# Pesan layanan gerbang ketika ada yang tidak sesuai.
gateway-wrong-stage = Migrasi sedang berada pada tahap { $stage }: langkah ini tidak dapat dilakukan.
gateway-no-legacy = Belum ada sistem lama di belakang gerbang. Mulailah dengan menyebutkannya.
gateway-field-taken = Nama atau jalur ini sudah dipakai oleh migrasi lain.
gateway-field-url = Tuliskan skema, host, dan port saja, misalnya http://127.0.0.1:4000.
gateway-field-name = Gunakan 1 sampai 40 huruf kecil, angka, dan tanda hubung.
gateway-field-path = Tuliskan jalur seperti /api/v1/goals, tanpa garis miring di akhir.
gateway-field-service = Banyan tidak memiliki layanan tersebut di sini.
gateway-field-pointer = Tuliskan penunjuk JSON seperti /data/*/createdAt.
gateway-field-header = Tuliskan header sebagai nama: nilai.
