# What the door for events says when something is wrong.
events-field-type = Use words of letters, digits, - and _ with points between them, such as com.example.order.paid, up to 200 characters.
events-field-type-foreign = This account may not publish such a type. Its types begin with: { $prefixes }. Who manages keys can declare more.
events-field-id-used = Another event with this source and id was accepted before. Give each event an id of its own.
events-field-json = Only data in JSON can be accepted.
events-field-tenant = An event happens in the tenant of the one who sends it. Leave this attribute out.
events-field-extension = Name an attribute of your own with 1 to 20 small letters and digits.
events-field-size = Keep an event under { $most } bytes: put its content elsewhere, and say where.
events-field-prefix-reserved = Types of Banyan itself begin so. Begin with a domain of yours turned round, such as com.example.
events-field-types = Write types with commas between them, up to 50, such as goals.*,identity.user.registered.
events-field-place = This is no id of this stream. Leave the header out to begin now.
events-too-many-publishers = No more than { $most } can be declared. Remove some.
