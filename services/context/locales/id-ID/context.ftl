# Sesi mesin konteks dan hal yang diusulkannya.

## Penolakan

# $version (number): versi butir saat ini
context-stale = Orang lain lebih cepat: butir ini sekarang versi { $version }. Baca kembali, lalu ubah yang terbaru.
context-session-archived = Sesi ini sedang diarsipkan. Buka kembali terlebih dahulu.
context-session-ended = Sesi ini sudah berakhir.
context-sessions-full = Anda sudah memiliki seribu sesi.
context-items-full = Sesi ini sudah penuh. Hapus beberapa butir terlebih dahulu; butir yang dihapus hilang setelah 30 hari.
context-participants-full = Seratus orang sudah ikut dalam sesi ini.
context-owner-stays = Orang ini pemilik sesi dan tetap menjadi pemiliknya.
context-no-participant = Ajak orang ini ikut terlebih dahulu, lalu serahkan sesinya.
context-suggestion-closed = Usulan ini sudah dijawab atau sudah kedaluwarsa.
context-field-value = Berikan JSON paling besar 64 KiB.
context-field-detail = Berikan objek JSON paling besar 2 KiB.
context-field-custom = Berikan JSON paling besar 8 KiB.

## Usulan

# $item (text): nama sebuah butir
# $other (text): nama butir lain
# $about (text): frasa, nama, atau kata yang ada di keduanya
context-suggestion-related = “{ $item }” dan “{ $other }” membahas hal yang sama: { $about }. Lihatlah keduanya bersama-sama.
# $item (text): nama sebuah butir
# $other (text): nama butir lain
context-suggestion-duplicate = “{ $item }” dan “{ $other }” berisi hal yang sama. Jadikan satu saja.
# $item (text): nama sebuah butir
# $about (text): tanggal, misalnya 2025-03-12
context-suggestion-schedule = “{ $item }” menyebut { $about }. Jadikan acara agar tidak ada yang lupa.
# $item (text): nama sebuah butir
# $about (text): kata-kata permintaan, misalnya “harus”
context-suggestion-task = “{ $item }” meminta sesuatu ({ $about }). Jadikan tugas agar ada yang mengerjakannya.
# $about (text): sebuah frasa
# $count (text): jumlah butir yang memuatnya
context-suggestion-topic = “{ $about }” muncul di { $count } butir. Mungkin ini topik tersendiri.
