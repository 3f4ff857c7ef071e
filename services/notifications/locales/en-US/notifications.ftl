# What people are told, and what was wrong in what was sent.

## Refusals

# $values (text): names of values, separated by commas
notifications-values-missing = The template needs these values as well: { $values }.
notifications-template-unknown = There is no template of this name in the catalogues.
notifications-delivery-not-failed = This delivery did not fail, so it is not made again.
notifications-field-template-name = Use lower-case letters, digits and hyphens, beginning with a letter.
notifications-field-arguments = Give an object whose values are texts or whole numbers.
notifications-field-mode-not-allowed = This topic cannot be received this way so seldom, or not at all.
notifications-field-time = Give a time of day such as 22:30.
notifications-field-zone = Give a time zone of the IANA list, such as Asia/Jakarta.
notifications-field-link = Give a path that begins with one slash, or an https address.
notifications-too-often = This was done too often in this hour. Try again when it is over.
notifications-sms-missing = Texts are not set up here. Ask those who run the place.
notifications-phone-confirmed = This telephone is confirmed already.
notifications-phone-stopped = No texts go to this number: its owner said so, or it takes none. If it was stopped by answering STOP, answer START first.
notifications-code-over = This code does not count any more. Ask for another one.
notifications-destinations-full = There are fifty destinations already. Remove one first.
notifications-destination-name = Another destination has this name.
notifications-destination-without-secret = Only webhooks have a secret.
notifications-field-phone = Give an international number such as +62 812 3456 7890.
notifications-field-phone-missing = Add a telephone and confirm it before you choose texts.
notifications-field-code-form = Give the six digits of the text.
notifications-field-code-wrong = This is not the code of the text.
# $reason (text): why, in English
notifications-field-address = Nothing can be sent to this address: { $reason }.

## Mails, the common parts
# $name (text): the person's name; $brand (text): the name of the place

notifications-greeting = Hello { $name },
notifications-greeting-nameless = Hello,
notifications-open = Open
notifications-why = You get this mail because you have an account at { $brand }.
notifications-settings = Choose what you receive
notifications-unsubscribe = No more mails on this topic
# $count (number): how many notifications; $brand (text): the name of the place
notifications-gathered-subject = { $count ->
    [one] { $count } notification from { $brand }
   *[other] { $count } notifications from { $brand }
}
notifications-gathered-lead = This is what happened since the last mail.

## Page that ends a topic
# $topic (text): the name of the topic

notifications-unsubscribe-title = No more mails?
notifications-unsubscribe-ask = You will receive no more mails on this topic: { $topic }. Your inbox still has everything.
notifications-unsubscribe-button = Confirm
notifications-unsubscribe-done = Done. You receive no more mails on this topic: { $topic }.
notifications-unsubscribe-invalid = This link is not complete. Open it from the mail again.
notifications-topic-security = Security
notifications-topic-account = Account
notifications-topic-goals = Goals
notifications-topic-messages = Messages
notifications-topic-announcements = Announcements

## Notifications

notification-welcome-title = Welcome
notification-welcome-body = Your account is ready. Begin with one small goal: what do you want to have done in a week?
notification-password-changed-title = Your password was changed
notification-password-changed-body = Somebody changed the password of your account, and all other devices were signed out. If it was not you, set a new password now.
notification-password-changed-action = Set a new password
notification-roles-changed-title = Your rights were changed
notification-roles-changed-body = An administrator changed what you may do here. If you did not expect this, ask your administrator.
notification-account-disabled-title = Your account was closed
notification-account-disabled-body = An administrator closed your account. Ask your administrator if you did not expect this.
notification-goal-completed-title = You reached a goal
notification-goal-completed-body = Well done. Take a moment to look at what you have reached, and choose what comes next.
notification-goal-completed-action = Look at the goal
# $habit (text): what the person calls the habit
notification-habit-reminder-title = Time for: { $habit }
notification-habit-reminder-body = You wanted to do this today: { $habit }.
notification-test-title = A test
notification-test-body = This message shows that notifications reach you this way.
# $code (text): six digits
notification-phone-code-text = { $code } is your code. It counts for ten minutes. Give it to nobody.

# $reference (text): what people call the ticket
notification-ticket-opened-title = We have your message { $reference }
notification-ticket-opened-body = Thank you. Somebody looks into it and answers you here.
notification-data-request-opened-title = We have your request { $reference }
notification-data-request-opened-body = We deal with requests about your personal data within 3 × 24 hours, as UU No. 27 Tahun 2022 demands. The answer comes here.
notification-ticket-answered-title = There is an answer to { $reference }
notification-ticket-answered-body = You have an answer to your message. Read it in your tickets.
notification-ticket-waiting-title = A question about { $reference }
notification-ticket-waiting-body = To help you we need to know something more. Please read the question in your tickets and answer it.
notification-ticket-solved-title = { $reference } is dealt with
notification-ticket-solved-body = If something is still open, simply write in the ticket. We would be glad to hear how good our help was.
notification-ticket-replied-title = { $reference }: the person has written
notification-ticket-replied-body = There is a new message in a ticket that you look after.
notification-ticket-assigned-title = You look after { $reference } now
notification-ticket-assigned-body = Somebody has given this ticket to you.
notification-ticket-new-title = A new ticket: { $reference }
notification-ticket-new-body = Nobody looks after it yet.
notification-ticket-due-soon-title = { $reference } is due within a day
notification-ticket-due-soon-body = This request about personal data is not dealt with yet. The law gives 3 × 24 hours.
notification-ticket-overdue-title = { $reference } is overdue
notification-ticket-overdue-body = The time for this ticket is over, and it is not dealt with.
notification-ticket-escalated-title = You are needed for { $reference }
notification-ticket-escalated-body = Somebody who answers has handed this ticket up to you. The reason stands in its notes.
