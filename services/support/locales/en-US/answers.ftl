# Answers that are sent again and again.
# $name (text): the person's name; $agent (text): who answers; $reference (text): what people call the ticket; $subject (text): what it is
# about; $brand (text): the name of the place; $deadline (datetime): when an answer is due at the latest; $details (text): what is added

support-answer-received-title = We have your message
support-answer-received-body =
    Dear { $name },

    we have received your message “{ $subject }” under the number { $reference } and look into it. You hear from us by { DATETIME($deadline, dateStyle: "long", timeStyle: "short") } at the latest.

    Kind regards
    { $agent }, { $brand }

support-answer-need-details-title = We need to know a little more
support-answer-need-details-body =
    Dear { $name },

    so that we can help you with “{ $subject }” ({ $reference }), please tell us:

    { $details }

    Kind regards
    { $agent }, { $brand }

support-answer-known-problem-title = A problem that we know
support-answer-known-problem-body =
    Dear { $name },

    what you describe in { $reference } is a problem on our side. We are sorry. This is how it stands:

    { $details }

    We write to you again when it is mended.

    Kind regards
    { $agent }, { $brand }

support-answer-solved-title = It is done
support-answer-solved-body =
    Dear { $name },

    your message “{ $subject }” ({ $reference }) is dealt with:

    { $details }

    If something is still open, simply write in this ticket. In seven days it is closed by itself. We would be glad to hear how good our help was.

    Kind regards
    { $agent }, { $brand }

support-answer-identity-check-title = Is it really you?
support-answer-identity-check-body =
    Dear { $name },

    before we tell, change or erase personal data, we have to be sure that the request { $reference } comes from you. Please log in to your account and answer in this ticket. We never ask for your password.

    Kind regards
    { $agent }, { $brand }

support-answer-data-copy-ready-title = The copy of your personal data
support-answer-data-copy-ready-body =
    Dear { $name },

    here is what you asked for in { $reference }, the personal data that we keep of you, and what we do with it (UU No. 27 Tahun 2022, article 7):

    { $details }

    If something in it is wrong or incomplete, please write in this ticket and we correct it.

    Kind regards
    { $agent }, { $brand }

support-answer-data-correction-done-title = Your personal data is corrected
support-answer-data-correction-done-body =
    Dear { $name },

    as you asked in { $reference }, we have corrected your personal data (UU No. 27 Tahun 2022, article 6):

    { $details }

    Kind regards
    { $agent }, { $brand }

support-answer-data-erasure-explained-title = How your personal data is erased
support-answer-data-erasure-explained-body =
    Dear { $name },

    you asked in { $reference } for your personal data to be erased (UU No. 27 Tahun 2022, article 8). You can begin it yourself in your account: it then stays as it is for 14 days, in which you can think again. If you want us to erase it at once, answer “at once” in this ticket. There is no way back then: account, goals, journals and messages are gone. What the law makes us keep, such as invoices, stays as long as it demands.

    Kind regards
    { $agent }, { $brand }

support-answer-data-erasure-begun-title = Your personal data is being erased
support-answer-data-erasure-begun-body =
    Dear { $name },

    as you asked in { $reference }, your account is closed and your personal data is being erased in all our services. This is the last you hear from us about it.

    Kind regards
    { $agent }, { $brand }

support-answer-consent-withdrawn-title = Your consent is taken back
support-answer-consent-withdrawn-body =
    Dear { $name },

    as you asked in { $reference }, we have recorded that you take back your consent (UU No. 27 Tahun 2022, article 9). We have ended the work on your personal data that rested on it:

    { $details }

    Kind regards
    { $agent }, { $brand }

support-answer-data-restriction-done-title = Work on your personal data is restricted
support-answer-data-restriction-done-body =
    Dear { $name },

    as you asked in { $reference }, we have delayed or restricted the work on your personal data (UU No. 27 Tahun 2022, articles 10 and 11):

    { $details }

    Kind regards
    { $agent }, { $brand }

support-answer-request-refused-title = We may not do what you ask
support-answer-request-refused-body =
    Dear { $name },

    we have looked into your request { $reference } with care and cannot fulfil it, for this reason:

    { $details }

    If you see it differently, answer in this ticket and somebody else looks at it. You may also turn to the authority for the protection of personal data.

    Kind regards
    { $agent }, { $brand }
