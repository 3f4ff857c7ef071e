# Isi pemberitahuan, dan apa yang salah pada data yang dikirim.

## Penolakan

# $values (text): nama nilai, dipisahkan koma
notifications-values-missing = Templat ini masih membutuhkan nilai: { $values }.
notifications-template-unknown = Tidak ada templat dengan nama ini di dalam katalog.
notifications-delivery-not-failed = Pengiriman ini tidak gagal, jadi tidak diulang.
notifications-field-template-name = Gunakan huruf kecil, angka, dan tanda hubung, diawali dengan huruf.
notifications-field-arguments = Berikan objek yang nilainya berupa teks atau bilangan bulat.
notifications-field-mode-not-allowed = Topik ini tidak dapat diterima sejarang itu, atau tidak dapat dimatikan, melalui cara ini.
notifications-field-time = Berikan jam seperti 22:30.
notifications-field-zone = Berikan zona waktu dari daftar IANA, misalnya Asia/Jakarta.
notifications-field-link = Berikan jalur yang diawali satu garis miring, atau alamat https.
notifications-too-often = Ini sudah terlalu sering dilakukan dalam satu jam ini. Cobalah lagi setelah jam ini berlalu.
notifications-sms-missing = SMS tidak disiapkan di sini. Tanyakan kepada pengelola.
notifications-phone-confirmed = Telepon ini sudah dikonfirmasi.
notifications-phone-stopped = SMS tidak dikirim ke nomor ini: pemiliknya menghentikannya, atau nomor ini tidak menerimanya. Jika dihentikan dengan membalas STOP, balaslah START dahulu.
notifications-code-over = Kode ini tidak berlaku lagi. Mintalah kode yang baru.
notifications-destinations-full = Sudah ada lima puluh tujuan. Hapus salah satunya dahulu.
notifications-destination-name = Tujuan lain sudah memakai nama ini.
notifications-destination-without-secret = Hanya webhook yang memiliki rahasia.
notifications-field-phone = Berikan nomor internasional seperti +62 812 3456 7890.
notifications-field-phone-missing = Tambahkan dan konfirmasikan telepon sebelum memilih SMS.
notifications-field-code-form = Berikan enam angka dari SMS.
notifications-field-code-wrong = Ini bukan kode dari SMS itu.
# $reason (text): alasannya, dalam bahasa Inggris
notifications-field-address = Tidak ada yang dapat dikirim ke alamat ini: { $reason }.

## Email, bagian yang sama
# $name (text): nama orangnya; $brand (text): nama tempatnya

notifications-greeting = Halo { $name },
notifications-greeting-nameless = Halo,
notifications-open = Buka
notifications-why = Anda menerima email ini karena memiliki akun di { $brand }.
notifications-settings = Pilih apa yang Anda terima
notifications-unsubscribe = Hentikan email tentang topik ini
# $count (number): banyaknya pemberitahuan; $brand (text): nama tempatnya
notifications-gathered-subject = { $count } pemberitahuan dari { $brand }
notifications-gathered-lead = Inilah yang terjadi sejak email terakhir.

## Halaman untuk menghentikan topik
# $topic (text): nama topiknya

notifications-unsubscribe-title = Hentikan email?
notifications-unsubscribe-ask = Anda tidak akan lagi menerima email tentang topik ini: { $topic }. Semuanya tetap ada di kotak masuk Anda.
notifications-unsubscribe-button = Konfirmasi
notifications-unsubscribe-done = Selesai. Anda tidak lagi menerima email tentang topik ini: { $topic }.
notifications-unsubscribe-invalid = Tautan ini tidak lengkap. Bukalah kembali dari email.
notifications-topic-security = Keamanan
notifications-topic-account = Akun
notifications-topic-goals = Tujuan
notifications-topic-messages = Pesan
notifications-topic-announcements = Pengumuman

## Pemberitahuan

notification-welcome-title = Selamat datang
notification-welcome-body = Akun Anda siap. Mulailah dengan satu tujuan kecil: apa yang ingin Anda selesaikan dalam sepekan?
notification-password-changed-title = Kata sandi Anda diganti
notification-password-changed-body = Seseorang mengganti kata sandi akun Anda, dan semua perangkat lain dikeluarkan. Jika itu bukan Anda, segera buat kata sandi baru.
notification-password-changed-action = Buat kata sandi baru
notification-roles-changed-title = Hak Anda diubah
notification-roles-changed-body = Seorang administrator mengubah apa yang boleh Anda lakukan di sini. Jika Anda tidak menduganya, tanyakan kepada administrator Anda.
notification-account-disabled-title = Akun Anda ditutup
notification-account-disabled-body = Seorang administrator menutup akun Anda. Tanyakan kepada administrator Anda jika Anda tidak menduganya.
notification-goal-completed-title = Anda mencapai sebuah tujuan
notification-goal-completed-body = Kerja bagus. Lihatlah sejenak apa yang telah Anda capai, lalu pilih langkah berikutnya.
notification-goal-completed-action = Lihat tujuannya
# $habit (text): nama kebiasaan menurut orangnya
notification-habit-reminder-title = Saatnya: { $habit }
notification-habit-reminder-body = Anda ingin melakukan ini hari ini: { $habit }.
notification-test-title = Sebuah percobaan
notification-test-body = Pesan ini menunjukkan bahwa pemberitahuan sampai kepada Anda lewat cara ini.
# $code (text): enam angka
notification-phone-code-text = { $code } adalah kode Anda. Berlaku sepuluh menit. Jangan berikan kepada siapa pun.

# $reference (text): nomor tiket
notification-ticket-opened-title = Pesan Anda { $reference } telah kami terima
notification-ticket-opened-body = Terima kasih. Pesan Anda sedang kami tangani dan akan dijawab di sini.
notification-data-request-opened-title = Permintaan Anda { $reference } telah kami terima
notification-data-request-opened-body = Permintaan mengenai data pribadi kami tangani dalam waktu 3 × 24 jam sesuai dengan UU No. 27 Tahun 2022. Jawabannya akan disampaikan di sini.
notification-ticket-answered-title = Ada jawaban untuk { $reference }
notification-ticket-answered-body = Pesan Anda telah dijawab. Bacalah pada daftar tiket Anda.
notification-ticket-waiting-title = Pertanyaan tentang { $reference }
notification-ticket-waiting-body = Agar dapat membantu, kami memerlukan keterangan tambahan. Mohon baca dan jawab pertanyaannya pada daftar tiket Anda.
notification-ticket-solved-title = { $reference } selesai ditangani
notification-ticket-solved-body = Jika masih ada yang belum tuntas, silakan menulis kembali pada tiket tersebut. Kami akan berterima kasih atas penilaian Anda terhadap bantuan kami.
notification-ticket-replied-title = { $reference }: ada balasan
notification-ticket-replied-body = Ada pesan baru pada tiket yang Anda tangani.
notification-ticket-assigned-title = Anda kini menangani { $reference }
notification-ticket-assigned-body = Tiket ini diserahkan kepada Anda.
notification-ticket-new-title = Tiket baru: { $reference }
notification-ticket-new-body = Belum ada yang menanganinya.
notification-ticket-due-soon-title = Batas waktu { $reference } kurang dari satu hari lagi
notification-ticket-due-soon-body = Permintaan mengenai data pribadi ini belum selesai ditangani. Undang-undang memberi waktu 3 × 24 jam.
notification-ticket-overdue-title = { $reference } melewati batas waktu
notification-ticket-overdue-body = Batas waktu tiket ini sudah lewat dan tiket belum selesai ditangani.
notification-ticket-escalated-title = Anda dibutuhkan untuk { $reference }
notification-ticket-escalated-body = Petugas meneruskan tiket ini kepada Anda. Alasannya tertulis pada catatan tiket.
