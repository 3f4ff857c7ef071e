# Yang disampaikan kepada program yang menanyakan flag ketika ada yang tidak sesuai.
flags-token-missing = Kirimkan token untuk flag fitur dalam header Authorization.
flags-token-unknown = Token untuk flag fitur tidak dikenal, sudah kedaluwarsa, atau sudah dicabut.
flags-token-kind = Panggilan ini membutuhkan token jenis lain: `client` untuk /api/client, `frontend` untuk /api/frontend.
flags-client-body = Isinya berupa JSON, tetapi bukan yang diterima panggilan ini.
flags-field-spec = Tuliskan versi spesifikasi klien dalam bentuk 5.2.0.
flags-ofrep-body = Isinya bukan objek JSON.
flags-ofrep-payload = Muatan varian yang terpilih dari flag { $name } tidak sesuai dengan jenis yang disebutkannya.
flags-ofrep-targeting-key = Flag { $name } diluncurkan per pengguna. Kirimkan targetingKey dalam konteks.
flags-ofrep-context = Konteksnya bukan objek.
flags-ofrep-context-many = Konteks memiliki terlalu banyak properti. Kirimkan hanya yang diperhatikan oleh flag.
flags-ofrep-context-long = Properti { $name } dalam konteks terlalu panjang.
flags-ofrep-context-type = Properti { $name } dalam konteks harus berupa teks, angka, atau nilai benar-salah.
flags-ofrep-context-time = currentTime harus berupa waktu dalam bentuk 2024-01-15T10:30:00Z.
flags-ofrep-not-found = Tidak ada flag { $name }.
flags-ofrep-general = Flag belum tersedia di sini. Coba lagi sesaat lagi.
