# Saying no on the page connects nothing, and the bot goes on being polite.
person: tom
customer: what did I spend on groceries last month?
bot: …Tap Log In…
declines
customer: what did I spend on groceries last month?
bot: To answer that I need your permission…
customer: thanks
bot: You're welcome.
not: £
