# عنوان كل رمز خطأ وشرحه (RFC 9457).

## الطلب

validation-failed-title = بعض الحقول غير صالحة
validation-failed-detail = صحّح الحقول المذكورة تحت “errors” ثم أرسل الطلب مرة أخرى.

malformed-body-title = تعذرت قراءة محتوى الطلب
malformed-body-detail = محتوى الطلب لا يطابق الصيغة المذكورة في Content-Type. راجع الصياغة وترميز الأحرف وعمق تداخل القيم.

malformed-request-title = تعذرت قراءة الطلب
malformed-request-detail = جزء من العنوان أو الاستعلام أو الترويسات ليس بالشكل المتوقع هنا.

unsupported-media-type-title = نوع محتوى الطلب غير مدعوم
unsupported-media-type-detail = أرسل المحتوى بصيغة يقبلها هذا العنوان واذكرها في Content-Type، مثل “application/json”.

not-acceptable-title = لا توجد صيغة توافق ترويسة Accept
not-acceptable-detail = الجواب غير متاح بأي صيغة تسمح بها ترويسة Accept. اسمح بالصيغة “application/json” أو احذف الترويسة.

payload-too-large-title = محتوى الطلب كبير جدًا
payload-too-large-detail = محتوى الطلب أكبر مما يقبله هذا العنوان. أرسل أقل في المرة الواحدة.

uri-too-long-title = العنوان طويل جدًا
uri-too-long-detail = العنوان أطول مما يقرؤه الخادم. اختصر الاستعلام.

headers-too-large-title = الترويسات كبيرة جدًا
headers-too-large-detail = الترويسات أكبر مما يقرؤه الخادم. أرسل عددًا أقل أو ترويسات أقصر؛ وكثيرًا ما يكون السبب ملف تعريف ارتباط كبر حجمه.

request-timeout-title = تأخر وصول الطلب
request-timeout-detail = لم يصل الطلب كاملًا في الوقت المحدد. تحقق من الاتصال ثم أرسله مرة أخرى.

method-not-allowed-title = الطريقة غير مسموح بها هنا
method-not-allowed-detail = هذا العنوان لا يدعم هذه الطريقة. ترويسة Allow تذكر الطرق المدعومة.

unsupported-version-title = هذا الإصدار من الواجهة لم يعد مستخدمًا
unsupported-version-detail = استخدم إصدارًا حاليًا من الواجهة. الوثائق تبيّن ما تغيّر.

unprocessable-title = لا يمكن تنفيذ الطلب
unprocessable-detail = الطلب مفهوم، لكن لا يمكن تنفيذ المطلوب في الحالة الراهنة.

## صاحب الطلب

unauthenticated-title = سجّل الدخول أولًا
unauthenticated-detail = يتطلب هذا رمز وصول صالحًا في ترويسة Authorization.

invalid-token-title = الرمز غير صالح
invalid-token-detail = تم تغيير الرمز أو إلغاؤه أو لم يصدر من هنا أصلًا. سجّل الدخول مرة أخرى.

token-expired-title = انتهت صلاحية الرمز
token-expired-detail = جدّد رمز الوصول برمز التحديث أو سجّل الدخول مرة أخرى.

tenant-mismatch-title = بيانات الدخول تخص مستأجرًا آخر
tenant-mismatch-detail = يجب أن يشير اسم المضيف وترويسة X-Tenant وبيانات الدخول إلى المستأجر نفسه.

invalid-credentials-title = البريد الإلكتروني أو كلمة المرور غير صحيحة
invalid-credentials-detail = راجعهما وحاول مرة أخرى. إذا نسيت كلمة المرور فيمكنك تعيين كلمة جديدة.

mfa-required-title = يلزم عامل تحقق ثانٍ
mfa-required-detail = أكّد تسجيل الدخول بعامل التحقق الثاني.

email-not-verified-title = أكّد عنوان البريد الإلكتروني أولًا
email-not-verified-detail = افتح الرابط في الرسالة التي أرسلناها إلى عنوانك أو اطلب رابطًا جديدًا.

account-locked-title = محاولات فاشلة كثيرة
account-locked-detail = تسجيل الدخول إلى هذا الحساب موقوف لبعض الوقت. حاول لاحقًا أو عيّن كلمة مرور جديدة.

weak-password-title = كلمة المرور ضعيفة
weak-password-detail = اختر كلمة مرور أطول يصعب تخمينها ولم تظهر في تسريب بيانات.

forbidden-title = لا يُسمح لك بهذا
forbidden-detail = ليس لديك وصول إلى هذا، أو أنه غير موجود.

## المطلوب

not-found-title = غير موجود
not-found-detail = لا يوجد شيء في هذا العنوان.

gone-title = لم يعد متاحًا
gone-detail = ما كان في هذا العنوان حُذف نهائيًا.

conflict-title = التغيير يتعارض مع الحالة الراهنة
conflict-detail = حمّل الحالة الراهنة ثم قرر هل ما زال التغيير مطلوبًا.

already-exists-title = موجود بالفعل
already-exists-detail = يوجد بالفعل شيء له البيانات الفريدة نفسها.

precondition-failed-title = جرى تغييره في هذه الأثناء
precondition-failed-detail = غيّر شخص آخر هذا بعد أن حمّلته. حمّله مرة أخرى ثم كرر تغييرك.

precondition-required-title = ترويسة If-Match مطلوبة
precondition-required-detail = أرسل قيمة ETag للنسخة التي حمّلتها في If-Match حتى لا يُستبدل تغيير أحد دون علمه.

idempotency-key-reused-title = مفتاح عدم التكرار استُخدم لطلب آخر
idempotency-key-reused-detail = استخدم Idempotency-Key جديدًا لكل طلب جديد؛ ولا تكرر المفتاح إلا مع الطلب نفسه تمامًا.

idempotency-in-progress-title = الطلب نفسه ما زال قيد التنفيذ
idempotency-in-progress-detail = يجري تنفيذ طلب بهذا Idempotency-Key. انتظر لحظة ثم أرسله مرة أخرى للحصول على نتيجته.

## الخادم

rate-limited-title = طلبات كثيرة جدًا
rate-limited-detail = انتظر حتى الوقت المذكور في ترويسة Retry-After ثم حاول مرة أخرى.

overloaded-title = الخادم مشغول جدًا الآن
overloaded-detail = لدى الخادم عمل أكثر مما يستطيع. حاول مرة أخرى بعد لحظة.

service-unknown-title = لا توجد خدمة بهذا الاسم
service-unknown-detail = لا تعمل هنا خدمة بهذا الاسم.

upstream-failed-title = لم يصل جواب صالح
upstream-failed-detail = انقطعت الخدمة التي كان عليها أن تجيب أو أرسلت ما ليس جوابًا. ليس مؤكدًا هل نُفّذ الطلب؛ تحقق قبل أن تكرره.

service-unavailable-title = الخدمة غير متاحة الآن
service-unavailable-detail = جزء من النظام لا يجيب. لم يُفقد شيء مما حُفظ. حاول مرة أخرى بعد لحظة.

deadline-exceeded-title = استغرق الأمر وقتًا طويلًا
deadline-exceeded-detail = لم يكن الجواب جاهزًا في الوقت المحدد. ليس مؤكدًا هل نُفّذ الطلب؛ تحقق قبل أن تكرره.

internal-title = حدث خطأ من جانبنا
internal-detail = سُجّل هذا الخطأ. إذا تكرر فأبلغ فريق الدعم برقم الطلب.
