# Kata-kata yang dipakai bersama oleh banyak halaman dan pesan.

language-own-name = Bahasa Indonesia

## Tindakan

common-save = Simpan
common-cancel = Batal
common-close = Tutup
common-create = Buat
common-edit = Ubah
common-delete = Hapus
common-archive = Arsipkan
common-restore = Pulihkan
common-search = Cari
common-send = Kirim
common-confirm = Konfirmasi
common-continue = Lanjutkan
common-back = Kembali
common-next = Berikutnya
common-previous = Sebelumnya
common-retry = Coba lagi
common-learn-more = Selengkapnya
common-show-all = Tampilkan semua

## Akun

common-sign-in = Masuk
common-sign-out = Keluar
common-register = Buat akun
common-email = Email
common-password = Kata sandi
common-name = Nama
common-language = Bahasa
common-time-zone = Zona waktu
common-profile = Profil
common-settings = Pengaturan
common-preferences = Preferensi
common-help = Bantuan
common-privacy = Privasi

## Jawaban dan keadaan

common-yes = Ya
common-no = Tidak
common-on = Aktif
common-off = Nonaktif
common-none = Tidak ada
common-loading = Memuat…
common-saved = Tersimpan
common-deleted = Terhapus
common-required = Wajib diisi
common-optional = Opsional
common-home = Beranda
common-documentation = Dokumentasi
common-status = Status
common-error = Kesalahan

## Jumlah

common-page-of = Halaman { $page } dari { $pages }
common-results = { $count ->
    [0] Tidak ada hasil
   *[other] { $count } hasil
}
common-days = { $count } hari
common-minutes = { $count } menit
