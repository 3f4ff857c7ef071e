# شروح أدق من الرمز وحده؛ انظر errors.ftl.

malformed-body-empty = الطلب بلا محتوى. أرسل كائن JSON.
malformed-body-encoding = المحتوى ليس نصًا بترميز UTF-8: { $offset ->
    [one] يأتي أول خطأ بعد بايت واحد ({ $offset }).
    [two] يأتي أول خطأ بعد بايتين ({ $offset }).
    [few] يأتي أول خطأ بعد { $offset } بايتات.
   *[other] يأتي أول خطأ بعد { $offset } بايت.
}
malformed-body-place = المحتوى ليس JSON صالحًا: انظر السطر { $line }، العمود { $column }.
payload-too-large-limit = أقصى حجم للمحتوى { $limit } بايت. أرسل أقل في المرة الواحدة.
unsupported-version-current = الإصدار { NUMBER($version, useGrouping: "false") } غير مقدَّم. الإصدار الحالي هو { NUMBER($current, useGrouping: "false") }.
