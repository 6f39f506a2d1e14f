# Anyone who asks for a person gets a case and hears what happens next, connected or not; once is enough.
customer: I want to talk to a human
bot: …I've opened a case for you. A person at Demo Bank will answer in this chat…
customer: thanks
bot: You're welcome.
