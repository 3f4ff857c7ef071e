# Apa yang dapat ditanyakan, dan apa yang salah pada data yang dikirim.

## Penolakan

support-ticket-closed = Tiket ini sudah ditutup. Buka kembali tiket ini atau buat tiket baru.
support-ticket-too-old = Tiket ini ditutup lebih dari 30 hari yang lalu. Silakan buat tiket baru.
support-ticket-over = Tiket ini sudah selesai ditangani.
support-ticket-not-over = Tiket ini belum selesai. Berikan penilaian Anda setelah selesai ditangani.
support-ticket-not-erasure = Tiket ini bukan permintaan penghapusan, atau sudah selesai ditangani.
support-erasure-refused = Akun ini tidak dapat dihapus karena organisasi ini akan kehilangan satu-satunya pemiliknya.
support-tickets-full = Anda memiliki lima puluh tiket yang belum selesai. Tutup salah satunya terlebih dahulu, atau tulislah di dalamnya.
support-answers-full = Sudah ada lima ratus jawaban. Hapus salah satunya terlebih dahulu.
support-field-outcome-needed = Permintaan mengenai data pribadi diakhiri dengan hasilnya: fulfilled (dipenuhi), refused (ditolak), atau withdrawn (ditarik).
support-field-outcome-unfit = Hanya permintaan mengenai data pribadi yang telah berakhir yang memiliki hasil.
support-field-state = Gunakan open, waiting, atau solved. Status answered diberikan melalui jawaban, dan tiket ditutup dengan sendirinya.
support-field-answer-state = Gunakan answered, waiting, atau solved.
support-field-assignee = Tuliskan ID pengguna, me, atau nobody.
support-field-no-agent = Orang ini tidak berwenang menjawab tiket di sini.
support-field-text-or-answer = Kirimkan salah satu: teks atau kunci jawaban.
support-field-answer-key = Gunakan huruf kecil, angka, dan tanda hubung, diawali dengan huruf.
support-field-answer-unknown = Tidak ada jawaban dengan kunci ini.
support-field-pattern = Teks ini tidak dapat dibaca: ada kurung kurawal yang tidak ditutup, atau penanda nilai tidak ditulis seperti { "{ $name }" }.
# $values (text): nama nilai, dipisahkan koma
support-field-values-missing = Jawaban ini masih membutuhkan nilai: { $values }.
# $name (text): yang tertulis di antara kurung kurawal
support-field-value-unknown = Tidak ada nilai bernama { $name }.
support-field-reference = Teks Anda sendiri tidak dapat merujuk ke { $name }.

## Apa yang dapat ditanyakan

support-category-question = Pertanyaan
    .description = Apa saja yang ingin Anda ketahui.
support-category-account = Akun saya
    .description = Cara masuk, profil, perangkat, kunci.
support-category-technical = Ada yang tidak berfungsi
    .description = Ceritakan apa yang Anda lakukan, apa yang Anda harapkan, dan apa yang terjadi.
support-category-billing = Pembayaran
    .description = Harga, tagihan, pengembalian dana.
support-category-complaint = Keluhan
    .description = Apa yang seharusnya kami lakukan dengan lebih baik.
support-category-data-copy = Salinan data pribadi saya
    .description = Anda ingin mengetahui data pribadi apa yang kami simpan tentang Anda dan meminta salinannya (UU No. 27 Tahun 2022, Pasal 7 dan 13). Salinannya juga dapat Anda unduh sendiri di akun Anda.
support-category-data-correction = Perbaikan data pribadi saya
    .description = Anda meminta kami melengkapi atau memperbaiki data pribadi yang keliru (Pasal 6). Nama, bahasa, dan zona waktu dapat Anda ubah sendiri.
support-category-data-erasure = Penghapusan data pribadi saya
    .description = Anda meminta kami mengakhiri pemrosesan dan menghapus data pribadi Anda (Pasal 8). Anda juga dapat melakukannya sendiri di akun Anda, dengan 14 hari untuk berpikir ulang.
support-category-consent-withdrawal = Saya menarik persetujuan saya
    .description = Anda menarik kembali persetujuan yang telah Anda berikan (Pasal 9). Anda juga dapat melakukannya sendiri di akun Anda.
support-category-data-restriction = Pembatasan atau keberatan
    .description = Anda meminta kami menunda atau membatasi pemrosesan data pribadi Anda (Pasal 11), atau mengajukan keberatan atas keputusan yang dibuat hanya oleh mesin (Pasal 10).
