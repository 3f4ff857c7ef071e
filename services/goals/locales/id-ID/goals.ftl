# Pesan layanan tujuan ketika ada yang tidak sesuai.
goals-archived = Data ini berada di arsip. Pulihkan terlebih dahulu.
goals-field-future-date = Tanggal tersebut belum tiba di tempat Anda.
goals-field-unknown-goal = Anda tidak memiliki tujuan tersebut.
goals-field-days-twice = Setiap hari dalam sepekan hanya boleh disebut satu kali.
goals-field-order-of-dates = Tanggal akhir mendahului tanggal awal.
goals-field-too-early = Tanggal sebelum tahun 1970 tidak disimpan.
