# Yang tidak dapat dilakukan pada pekerjaan, saga, dan peristiwa yang gagal ditangani. Pengguna disapa dengan “Anda”.

background-wrong-state = { $state ->
    [waiting] Pekerjaan ini masih menunggu waktunya, sehingga hal ini belum dapat dilakukan.
    [ready] Pekerjaan ini akan segera dimulai, sehingga hal ini belum dapat dilakukan.
    [running] Pekerjaan ini sedang berjalan, sehingga hal ini belum dapat dilakukan.
    [done] Pekerjaan ini sudah selesai, sehingga hal ini tidak dapat dilakukan lagi.
    [failed] Pekerjaan ini telah gagal, sehingga hal ini tidak dapat dilakukan. Ulangi saja pekerjaannya.
    [cancelled] Pekerjaan ini telah dibatalkan, sehingga hal ini tidak dapat dilakukan. Ulangi saja pekerjaannya.
    [compensating] Langkah-langkahnya sedang dibatalkan.
    [compensated] Langkah-langkahnya sudah dibatalkan.
   *[other] Hal ini tidak dapat dilakukan dalam keadaannya sekarang.
}
background-drives-saga = Pekerjaan ini menjalankan sebuah saga. Batalkan saganya saja.
background-no-return = Saga ini sudah melewati titik yang tidak dapat dibatalkan, sehingga hanya dapat dilanjutkan. Lanjutkan jika macet.
background-not-with-time = Isi salah satu dari “time” atau “after”, jangan keduanya.
