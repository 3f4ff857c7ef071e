# Yang salah pada permintaan tentang ruang.
realtime-no-websocket = Alamat ini hanya melayani WebSocket (RFC 6455, versi 13).
realtime-away = Penghubung antarserver tidak menjawab. Coba lagi sebentar lagi.
realtime-connections = Koneksi Anda sudah sebanyak yang diizinkan. Tutup salah satunya dahulu.
realtime-document-empty = Dokumen ini belum berisi apa pun.
realtime-document-versions = Dokumen ini sudah memiliki seratus versi bernama. Hapus salah satunya dahulu.
realtime-document-away = Dokumen ini sedang tidak dapat diproses. Coba lagi sebentar lagi.
realtime-field-room = Sebutkan sebuah ruang, seperti user:0190a5b0-0000-7000-8000-000000000000, session:<id>, atau market:BTC-USD, paling panjang 255 karakter.
realtime-field-data = Isi pesan harus di bawah 32 KiB JSON.
