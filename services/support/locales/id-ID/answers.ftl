# Jawaban yang sering dikirim.
# $name (text): nama orangnya; $agent (text): yang menjawab; $reference (text): nomor tiket; $subject (text): pokok tiket;
# $brand (text): nama organisasinya; $deadline (datetime): batas waktu jawaban; $details (text): yang ditambahkan

support-answer-received-title = Pesan Anda telah kami terima
support-answer-received-body =
    Yth. { $name },

    Pesan Anda “{ $subject }” telah kami terima dengan nomor { $reference } dan sedang kami tangani. Kami akan menjawab paling lambat { DATETIME($deadline, dateStyle: "long", timeStyle: "short") }.

    Hormat kami,
    { $agent }, { $brand }

support-answer-need-details-title = Kami memerlukan keterangan tambahan
support-answer-need-details-body =
    Yth. { $name },

    Agar kami dapat membantu Anda dalam hal “{ $subject }” ({ $reference }), mohon sampaikan kepada kami:

    { $details }

    Hormat kami,
    { $agent }, { $brand }

support-answer-known-problem-title = Gangguan yang sudah kami ketahui
support-answer-known-problem-body =
    Yth. { $name },

    Apa yang Anda sampaikan dalam { $reference } adalah gangguan di pihak kami. Kami mohon maaf. Keadaannya saat ini:

    { $details }

    Kami akan memberi tahu Anda kembali setelah gangguan ini diperbaiki.

    Hormat kami,
    { $agent }, { $brand }

support-answer-solved-title = Sudah selesai
support-answer-solved-body =
    Yth. { $name },

    Pesan Anda “{ $subject }” ({ $reference }) telah selesai kami tangani:

    { $details }

    Jika masih ada yang belum tuntas, silakan menulis kembali pada tiket ini. Tiket akan tertutup dengan sendirinya dalam tujuh hari. Kami menghargai penilaian Anda atas bantuan kami.

    Hormat kami,
    { $agent }, { $brand }

support-answer-identity-check-title = Memastikan bahwa ini memang Anda
support-answer-identity-check-body =
    Yth. { $name },

    Sebelum menyampaikan, mengubah, atau menghapus data pribadi, kami harus memastikan bahwa permintaan { $reference } berasal dari Anda. Mohon masuk ke akun Anda dan jawablah melalui tiket ini. Kami tidak pernah meminta kata sandi Anda.

    Hormat kami,
    { $agent }, { $brand }

support-answer-data-copy-ready-title = Salinan data pribadi Anda
support-answer-data-copy-ready-body =
    Yth. { $name },

    Berikut data pribadi yang kami simpan tentang Anda beserta penggunaannya, sebagaimana Anda minta dalam { $reference } (UU No. 27 Tahun 2022, Pasal 7):

    { $details }

    Jika ada yang keliru atau belum lengkap, mohon tulis pada tiket ini agar kami perbaiki.

    Hormat kami,
    { $agent }, { $brand }

support-answer-data-correction-done-title = Data pribadi Anda telah diperbaiki
support-answer-data-correction-done-body =
    Yth. { $name },

    Sesuai permintaan Anda dalam { $reference }, kami telah memperbaiki data pribadi Anda (UU No. 27 Tahun 2022, Pasal 6):

    { $details }

    Hormat kami,
    { $agent }, { $brand }

support-answer-data-erasure-explained-title = Cara data pribadi Anda dihapus
support-answer-data-erasure-explained-body =
    Yth. { $name },

    Dalam { $reference } Anda meminta penghapusan data pribadi Anda (UU No. 27 Tahun 2022, Pasal 8). Anda dapat memulainya sendiri di akun Anda: akun tetap seperti semula selama 14 hari sehingga Anda masih dapat berpikir ulang. Jika Anda ingin kami menghapusnya seketika, jawablah “seketika” pada tiket ini. Setelah itu penghapusan tidak dapat dibatalkan: akun, tujuan, jurnal, dan pesan akan hilang. Data yang wajib kami simpan menurut undang-undang, misalnya tagihan, tetap disimpan selama diwajibkan.

    Hormat kami,
    { $agent }, { $brand }

support-answer-data-erasure-begun-title = Data pribadi Anda sedang dihapus
support-answer-data-erasure-begun-body =
    Yth. { $name },

    Sesuai permintaan Anda dalam { $reference }, akun Anda telah ditutup dan data pribadi Anda sedang dihapus dari seluruh layanan kami. Ini adalah pemberitahuan terakhir kami mengenai hal ini.

    Hormat kami,
    { $agent }, { $brand }

support-answer-consent-withdrawn-title = Persetujuan Anda telah ditarik
support-answer-consent-withdrawn-body =
    Yth. { $name },

    Sesuai permintaan Anda dalam { $reference }, kami telah mencatat penarikan persetujuan Anda (UU No. 27 Tahun 2022, Pasal 9). Pemrosesan data pribadi yang didasarkan pada persetujuan tersebut telah kami hentikan:

    { $details }

    Hormat kami,
    { $agent }, { $brand }

support-answer-data-restriction-done-title = Pemrosesan data pribadi Anda dibatasi
support-answer-data-restriction-done-body =
    Yth. { $name },

    Sesuai permintaan Anda dalam { $reference }, kami telah menunda atau membatasi pemrosesan data pribadi Anda (UU No. 27 Tahun 2022, Pasal 10 dan 11):

    { $details }

    Hormat kami,
    { $agent }, { $brand }

support-answer-request-refused-title = Permintaan Anda tidak dapat kami penuhi
support-answer-request-refused-body =
    Yth. { $name },

    Kami telah memeriksa permintaan Anda { $reference } dengan saksama dan tidak dapat memenuhinya dengan alasan berikut:

    { $details }

    Jika Anda berpendapat lain, jawablah melalui tiket ini dan petugas lain akan memeriksanya. Anda juga dapat mengajukannya kepada lembaga pelindungan data pribadi.

    Hormat kami,
    { $agent }, { $brand }
