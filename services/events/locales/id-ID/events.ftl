# Pesan pintu peristiwa ketika ada yang tidak sesuai.
events-field-type = Gunakan kata dari huruf, angka, - dan _ dengan titik di antaranya, misalnya com.example.order.paid, paling banyak 200 karakter.
events-field-type-foreign = Akun ini tidak boleh menerbitkan jenis tersebut. Jenisnya diawali dengan: { $prefixes }. Pengelola kunci dapat menambahkannya.
events-field-id-used = Peristiwa lain dengan source dan id ini sudah diterima sebelumnya. Berikan id tersendiri untuk setiap peristiwa.
events-field-json = Hanya data JSON yang dapat diterima.
events-field-tenant = Peristiwa terjadi di tenant pengirimnya. Hapus atribut ini.
events-field-extension = Beri nama atribut sendiri dengan 1 sampai 20 huruf kecil dan angka.
events-field-size = Jangan melebihi { $most } bita untuk satu peristiwa: simpan isinya di tempat lain, dan sebutkan tempatnya.
events-field-prefix-reserved = Jenis milik Banyan sendiri diawali dengan kata ini. Awali dengan domain Anda yang dibalik, misalnya com.example.
events-field-types = Tuliskan jenis dengan koma di antaranya, paling banyak 50, misalnya goals.*,identity.user.registered.
events-field-place = Ini bukan id dari aliran ini. Hapus header tersebut untuk mulai dari sekarang.
events-too-many-publishers = Tidak lebih dari { $most } dapat didaftarkan. Hapus sebagian.
