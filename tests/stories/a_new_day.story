# After a day of silence the bot says again what it is.
customer: thanks
bot: This is Demo Bank's bot, a program and not a person. You're welcome.
customer: help
bot: Ask me about balances…
clock: 2027-01-01T12:00:00+00:00
customer: help
bot: This is Demo Bank's bot, a program and not a person. Ask me about balances…
