# Saying no on the page connects nothing and is remembered; a word is enough to change one's mind.
person: tom
customer: what did I spend on groceries last month?
bot: …Tap Log In…
declines
customer: what did I spend on groceries last month?
bot: You chose not to connect…
customer: connect
bot: …Tap Log In…
not: £
