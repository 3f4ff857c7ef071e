# Refusals of the front door.

edge-key-network = Kunci API ini tidak berlaku dari alamat Anda. Pemiliknya membatasi kunci ini pada jaringan tertentu.
