# Apa yang salah pada data yang dikirim mengenai teks hukum dan templat.

legal-not-current = Kini versi lain dari teks ini yang berlaku. Silakan baca dan setujui versi tersebut.
legal-not-withdrawable = Hanya persetujuan yang dapat ditarik. Jika Anda tidak lagi menghendaki kebijakan privasi atau ketentuan penggunaan, Anda dapat meminta akun Anda dihapus.
legal-published-stays = Versi ini sudah terbit dan tidak dapat diubah. Mulailah versi baru.
legal-language-missing = Rancangan ini belum memiliki teks dalam salah satu bahasa yang disediakan aplikasi.
legal-purposes-differ = Tujuan pemrosesan tidak sama dalam semua bahasa.
legal-field-too-early = Berikan waktu yang belum lewat.
legal-field-purpose-id = Gunakan huruf kecil, angka, dan tanda hubung, paling banyak 40.
# $purpose (text): judul tujuan pemrosesan
legal-field-purpose-required = Tempat ini tidak dapat digunakan tanpa tujuan ini: { $purpose }.
content-field-pattern = Teks ini tidak dapat dibaca: ada kurung kurawal yang tidak ditutup, atau penanda nilai tidak ditulis seperti { "{ $brand }" }.
# $name (text): yang tertulis di antara kurung kurawal
content-field-value-unknown = Tidak ada nilai bernama { $name }.
content-field-reference = Teks Anda sendiri tidak dapat merujuk ke { $name }.
