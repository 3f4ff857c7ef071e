# ما تقوله خدمة المحتوى حول كلمات الناس وقوالب التطبيق.
content-reason-no-journal = لأنك لم تكتب بعد
content-reason-quiet = لأنك لم تكتب منذ أيام
content-reason-daily-writer = لأنك كتبت كثيرًا في الآونة الأخيرة
content-reason-low-mood = لأن الأيام الأخيرة بدت ثقيلة
content-reason-high-mood = لأن الأيام الأخيرة بدت جيدة
content-reason-always = مختار لهذا اليوم
content-reason-recent = من يومياتك

content-recent-title = كتبت في { DATETIME($date, dateStyle: "long") }
content-recent-voice-title = قلت في { DATETIME($date, dateStyle: "long") }

content-fallback = سطر لهذا اليوم
    .body = اكتب شيئًا واحدًا تريد أن تتذكره من هذا اليوم.

landing-title = مرحبًا
landing-tagline = تسرّنا رؤيتك.
landing-description = سجّل الدخول للمتابعة.
landing-call-to-action = تسجيل الدخول
