# كلمات تشترك فيها صفحات ورسائل كثيرة.

language-own-name = العربية

## الإجراءات

common-save = حفظ
common-cancel = إلغاء
common-close = إغلاق
common-create = إنشاء
common-edit = تعديل
common-delete = حذف
common-archive = أرشفة
common-restore = استعادة
common-search = بحث
common-send = إرسال
common-confirm = تأكيد
common-continue = متابعة
common-back = رجوع
common-next = التالي
common-previous = السابق
common-retry = إعادة المحاولة
common-learn-more = معرفة المزيد
common-show-all = عرض الكل

## الحساب

common-sign-in = تسجيل الدخول
common-sign-out = تسجيل الخروج
common-register = إنشاء حساب
common-email = البريد الإلكتروني
common-password = كلمة المرور
common-name = الاسم
common-language = اللغة
common-time-zone = المنطقة الزمنية
common-profile = الملف الشخصي
common-settings = الإعدادات
common-preferences = التفضيلات
common-help = المساعدة
common-privacy = الخصوصية

## الأجوبة والحالات

common-yes = نعم
common-no = لا
common-on = مفعّل
common-off = معطّل
common-none = لا شيء
common-loading = جارٍ التحميل…
common-saved = تم الحفظ
common-deleted = تم الحذف
common-required = مطلوب
common-optional = اختياري
common-home = الصفحة الرئيسية
common-documentation = الوثائق
common-status = الحالة
common-error = خطأ

## المقادير

common-page-of = الصفحة { $page } من { $pages }
common-results = { $count ->
    [zero] لا توجد نتائج
    [one] نتيجة واحدة ({ $count })
    [two] نتيجتان ({ $count })
    [few] { $count } نتائج
    [many] { $count } نتيجة
   *[other] { $count } نتيجة
}
common-days = { $count ->
    [zero] { $count } يوم
    [one] يوم واحد ({ $count })
    [two] يومان ({ $count })
    [few] { $count } أيام
    [many] { $count } يومًا
   *[other] { $count } يوم
}
common-minutes = { $count ->
    [zero] { $count } دقيقة
    [one] دقيقة واحدة ({ $count })
    [two] دقيقتان ({ $count })
    [few] { $count } دقائق
    [many] { $count } دقيقة
   *[other] { $count } دقيقة
}
