# الخطأ في حقل واحد من الطلب. يظهر اسم الحقل بجانب الرسالة، فلا يُكرر هنا.

field-required = هذا الحقل مطلوب.
field-too-short = { $min ->
    [one] أدخل حرفًا واحدًا على الأقل.
    [two] أدخل حرفين على الأقل.
    [few] أدخل { $min } أحرف على الأقل.
   *[other] أدخل { $min } حرفًا على الأقل.
}
field-too-long = { $max ->
    [one] أدخل حرفًا واحدًا على الأكثر.
    [two] أدخل حرفين على الأكثر.
    [few] أدخل { $max } أحرف على الأكثر.
   *[other] أدخل { $max } حرفًا على الأكثر.
}
field-out-of-range = أدخل قيمة بين { $min } و{ $max }.
field-too-small = أدخل { $min } أو أكثر.
field-too-large = أدخل { $max } أو أقل.
field-too-few = { $min ->
    [one] أدخل عنصرًا واحدًا على الأقل.
    [two] أدخل عنصرين على الأقل.
    [few] أدخل { $min } عناصر على الأقل.
   *[other] أدخل { $min } عنصرًا على الأقل.
}
field-too-many = { $max ->
    [one] أدخل عنصرًا واحدًا على الأكثر.
    [two] أدخل عنصرين على الأكثر.
    [few] أدخل { $max } عناصر على الأكثر.
   *[other] أدخل { $max } عنصرًا على الأكثر.
}
field-wrong-type = يجب أن تكون القيمة من النوع “{ $expected }”.
field-not-one-of = اختر { LIST($allowed, type: "or") }.
field-not-unique = هذه القيمة مستخدمة بالفعل.
field-unknown = هذا الحقل غير معروف هنا.
field-duplicate = اذكر هذا الحقل مرة واحدة فقط.
field-blank = أدخل نصًا وليس مسافات فقط.
field-control-characters = أزل أحرف التحكم.
field-invalid = القيمة غير صالحة.
field-invalid-email = أدخل عنوان بريد إلكتروني صالحًا، مثل name@example.com.
field-invalid-uuid = أدخل معرّفًا صالحًا (UUID).
field-invalid-url = أدخل عنوان ويب كاملًا يبدأ بالنص https://.
field-invalid-date = أدخل تاريخًا صالحًا بالشكل YYYY-MM-DD.
field-invalid-time = أدخل وقتًا صالحًا بالشكل HH:MM.
field-invalid-timestamp = أدخل وقتًا صالحًا بصيغة RFC 3339، مثل 2024-01-15T08:30:00Z.
field-invalid-time-zone = أدخل منطقة زمنية صالحة، مثل Asia/Jakarta.
field-invalid-locale = أدخل رمز لغة مدعومًا، مثل en-US أو id-ID.
field-invalid-schedule = الجدول الزمني غير صالح.
field-invalid-currency = أدخل رمز عملة صالحًا، مثل IDR أو USD.
field-invalid-pattern = القيمة ليست بالشكل المتوقع.
field-invalid-cursor = علامة الموضع غير صالحة. ابدأ من جديد بدونها.
field-weak-password = اختر كلمة مرور أطول يصعب تخمينها.
field-must-be-future = اختر وقتًا في المستقبل.
field-must-be-past = اختر وقتًا في الماضي.
field-must-be-after-start = يجب أن تكون النهاية بعد البداية.
field-not-found = ما يشير إليه هذا الحقل غير موجود.
field-read-only = لا يمكن تغيير هذا الحقل.

field-own-account = هذا حسابك أنت؛ اختر شخصًا آخر.
