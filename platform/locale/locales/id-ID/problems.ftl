# Penjelasan masalah yang lebih rinci daripada kodenya; lihat errors.ftl.

malformed-body-empty = Permintaan tidak berisi data. Kirim objek JSON.
malformed-body-encoding = Isi permintaan bukan teks UTF-8: kesalahan pertama terdapat setelah { $offset } byte.
malformed-body-place = Isi permintaan bukan JSON yang valid: lihat baris { $line }, kolom { $column }.
payload-too-large-limit = Isi permintaan paling besar { $limit } byte. Kirim data secara bertahap.
unsupported-version-current = Versi { NUMBER($version, useGrouping: "false") } tidak dilayani. Versi yang berlaku saat ini adalah { NUMBER($current, useGrouping: "false") }.
