# Kata-kata pada halaman `/docs` dan `/errors`.

## Halaman tentang galat

errors-title = Galat
errors-introduction = Setiap galat memiliki kode yang tidak pernah berubah. Program sebaiknya membaca kodenya; manusia membaca judul dan penjelasannya.
errors-means = Artinya
errors-why = Penyebabnya
errors-do = Yang perlu dilakukan
errors-example = Contoh
errors-code = Kode
errors-status = Status HTTP
errors-all = Semua galat
errors-in-answer = Jawabannya berupa dokumen galat (RFC 9457) dengan tipe “application/problem+json”.

## Halaman tentang antarmuka

docs-title = Antarmuka
docs-introduction = Semua panggilan pada instalasi ini, dibaca dari dokumen OpenAPI-nya sendiri.
docs-document = Dokumen OpenAPI
docs-filter = Saring
docs-filter-hint = Alamat, nama, atau kata
docs-token = Token akses
docs-token-hint = Disimpan di halaman ini sampai Anda menutupnya
docs-none = Tidak ada panggilan yang cocok dengan saringan.
docs-parameters = Parameter
docs-body = Isi permintaan
docs-answers = Jawaban
docs-example = Contoh
docs-schema = Skema
docs-try = Coba langsung
docs-send = Kirim
docs-sending = Mengirim…
docs-answer = Jawaban
docs-failed = Server tidak dapat dihubungi.
docs-anonymous = Terbuka untuk semua
docs-signed-in = Perlu masuk terlebih dahulu
docs-required = wajib
docs-deprecated = Akan dihentikan
docs-skip = Langsung ke daftar panggilan
docs-loading = Memuat…
docs-unreadable = Dokumen OpenAPI tidak dapat dibaca.
docs-no-script = Halaman ini memerlukan JavaScript untuk menampilkan panggilan. Dokumennya sendiri ada di /openapi.json.
