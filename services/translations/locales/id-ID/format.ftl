# Kesalahan pada nilai yang akan ditulis (POST /api/v1/locale/format).

locale-field-number = Masukkan bilangan desimal seperti 1234.56, paling banyak 18 angka.
locale-field-whole = Masukkan bilangan bulat.
locale-field-amount = { $max ->
    [0] Mata uang ini tidak memiliki angka desimal, atau jumlahnya terlalu besar.
   *[other] Mata uang ini memiliki { $max } angka desimal, atau jumlahnya terlalu besar.
}
