# ما يُقال للناس، وما كان خطأ فيما أُرسل.

## الرفض

notifications-values-missing = القالب يحتاج أيضًا إلى هذه القيم: { $values }.
notifications-template-unknown = لا يوجد قالب بهذا الاسم في الكتالوجات.
notifications-delivery-not-failed = لم يفشل هذا التسليم، فلا يُعاد.
notifications-field-template-name = استخدم أحرفًا صغيرة وأرقامًا وشرطات، وابدأ بحرف.
notifications-field-arguments = أعطِ كائنًا قيمه نصوص أو أعداد صحيحة.
notifications-field-mode-not-allowed = لا يمكن استلام هذا الموضوع بهذه الطريقة بهذه الندرة، أو إيقافه.
notifications-field-time = أعطِ وقتًا من اليوم مثل 22:30.
notifications-field-zone = أعطِ منطقة زمنية من قائمة IANA، مثل Asia/Jakarta.
notifications-field-link = أعطِ مسارًا يبدأ بشرطة مائلة واحدة، أو عنوان https.
notifications-too-often = تكرر هذا كثيرًا في هذه الساعة. حاول مرة أخرى بعد انتهائها.
notifications-sms-missing = الرسائل النصية غير مهيأة هنا. اسأل القائمين على المكان.
notifications-phone-confirmed = هذا الهاتف مؤكد بالفعل.
notifications-phone-stopped = لا تُرسل رسائل نصية إلى هذا الرقم: أوقفها صاحبه أو لا يستقبلها. إذا أُوقفت بالرد STOP فأجب أولًا بالرد START.
notifications-code-over = هذا الرمز لم يعد ساريًا. اطلب رمزًا آخر.
notifications-destinations-full = توجد خمسون وجهة بالفعل. احذف واحدة أولًا.
notifications-destination-name = وجهة أخرى تحمل هذا الاسم.
notifications-destination-without-secret = الويب هوك وحدها لها سر.
notifications-field-phone = أعطِ رقمًا دوليًا مثل ‎+62 812 3456 7890.
notifications-field-phone-missing = أضف هاتفًا وأكّده قبل أن تختار الرسائل النصية.
notifications-field-code-form = أعطِ الأرقام الستة من الرسالة النصية.
notifications-field-code-wrong = هذا ليس الرمز الموجود في الرسالة.

## الرسائل، الأجزاء المشتركة

notifications-greeting = مرحبًا { $name }،
notifications-greeting-nameless = مرحبًا،
notifications-open = فتح
notifications-why = وصلتك هذه الرسالة لأن لديك حسابًا في { $brand }.
notifications-settings = اختر ما تستلمه
notifications-unsubscribe = لا مزيد من الرسائل عن هذا الموضوع
notifications-gathered-subject = { $count ->
    [one] إشعار واحد ({ $count }) من { $brand }
    [two] إشعاران ({ $count }) من { $brand }
    [few] { $count } إشعارات من { $brand }
    [many] { $count } إشعارًا من { $brand }
   *[other] { $count } إشعار من { $brand }
}
notifications-gathered-lead = هذا ما حدث منذ الرسالة الأخيرة.

## صفحة إنهاء موضوع

notifications-unsubscribe-title = هل تريد إيقاف الرسائل؟
notifications-unsubscribe-ask = لن تصلك رسائل أخرى عن هذا الموضوع: { $topic }. كل شيء يبقى في صندوق الوارد.
notifications-unsubscribe-button = تأكيد
notifications-unsubscribe-done = تم. لن تصلك رسائل أخرى عن هذا الموضوع: { $topic }.
notifications-unsubscribe-invalid = هذا الرابط غير كامل. افتحه من الرسالة مرة أخرى.
notifications-topic-security = الأمان
notifications-topic-account = الحساب
notifications-topic-goals = الأهداف
notifications-topic-messages = الرسائل
notifications-topic-announcements = الإعلانات

## الإشعارات

notification-welcome-title = مرحبًا بك
notification-welcome-body = حسابك جاهز. ابدأ بهدف صغير واحد: ماذا تريد أن تكون قد أنجزت بعد أسبوع؟
notification-password-changed-title = تم تغيير كلمة المرور
notification-password-changed-body = غيّر شخص ما كلمة مرور حسابك، وسُجّل خروج كل الأجهزة الأخرى. إن لم تكن أنت فعيّن كلمة مرور جديدة الآن.
notification-password-changed-action = تعيين كلمة مرور جديدة
notification-roles-changed-title = تم تغيير صلاحياتك
notification-roles-changed-body = غيّر أحد المسؤولين ما يُسمح لك به هنا. إن لم تتوقع ذلك فاسأل المسؤول.
notification-account-disabled-title = تم إغلاق حسابك
notification-account-disabled-body = أغلق أحد المسؤولين حسابك. اسأل المسؤول إن لم تتوقع ذلك.
notification-goal-completed-title = حققت هدفًا
notification-goal-completed-body = أحسنت. تأمل لحظة ما حققته ثم اختر الخطوة التالية.
notification-goal-completed-action = عرض الهدف
notification-habit-reminder-title = حان وقت: { $habit }
notification-habit-reminder-body = أردت أن تفعل هذا اليوم: { $habit }.
notification-test-title = اختبار
notification-test-body = هذه الرسالة تبيّن أن الإشعارات تصلك بهذه الطريقة.
notification-phone-code-text = رمزك هو { $code }. يسري عشر دقائق. لا تعطه لأحد.
