# English. The message for a key such as spend.total stands here as spend-total.
# Arguments arrive as finished text (figures, names, dates); only `$number` is a number.

start-hello = Hello, I'm { $bank }'s bot, a program and not a person. Ask me things like “coffee last month” or “what's my balance”. Say “person” to reach one.
start-linked = Hello again. I'm { $bank }'s bot, a program and not a person. What would you like to know?
bot-notice = This is { $bank }'s bot, a program and not a person.

link-offer = To answer that I need your permission. Tap Log In: you sign in on { $bank }'s own page and choose what I may see. It takes a minute.
link-declined = You chose not to connect, so I can't look at your accounts. If you change your mind, say “connect”.
link-again = Your permission has ended, so I can't look. Tap Log In to give it again on { $bank }'s own page.
link-reconfirm = You connected some time ago, so I need your word again. Tap Log In to confirm on { $bank }'s own page.
link-bank = { $bank } wants you to sign in again before I may look. Tap Log In.
link-done = Done, you're connected. Ask away: “what did I spend on groceries this month?” Say “unlink” to end it.
link-done-sealed = Done, you're connected. As you chose, I keep figures out of this chat. Say “unlink” to end it.
link-failed = That login did not work, so nothing was connected. Please tap Log In to start again.
link-already = You're connected already. Ask me anything about your accounts, or say “unlink” to end it.

unlink-done = You're disconnected. I can't see your accounts any more, and your bank has been told.
unlink-none = You're not connected, so there is nothing to end.

stop-done = OK, I'll stop. You won't hear from me again unless you write “start”.

start-again = Welcome back. I'll answer again when you write.

help = Ask me about balances, what you spent on anything, your last or biggest payments, refunds, pay and subscriptions. Name any dates you like. Say “person” for a human, “unlink” to disconnect, “stop” for silence.

thanks = You're welcome.
thanks-again = Any time.

goodbye = Goodbye. I'm here whenever you need me.

abuse = I'm sorry this is frustrating. Tell me what you need in other words, or say “person” to reach one.

human-queue = I've opened a case for you. A person at { $bank } will answer in this chat, so you don't need to hold. Until then you can go on asking me things.
human-waiting = Nobody has picked up your case yet. It's still in the queue, and I'm sorry for the wait.

safe-secret = Please don't send card numbers, PINs or passwords here. I removed it and did not keep it. I never need one.
safe-media = I can only read text. Please write what you would like to know.
safe-expired = That message or button is too old for me to act on. Please ask again.
safe-edited = I saw that you edited a message, but I only act on new ones. Please send it again.

sealed-line = You chose to keep figures out of this chat, so I won't show that here. To see answers in the chat, say “unlink”, then connect again and choose “Full”.

err-bank = I can't reach your accounts right now. Your money is safe. Try again in about ten minutes.
err-busy = Your accounts are busy right now. Your money is safe. Please try again in { $minutes }.
err-forbidden = Your permission doesn't cover that. Say “unlink” and connect again to change what I may see.
err-agreement = { $bank } doesn't let me read that here, whatever you chose. A person at the bank can look for you.
err-budget = This chat has read as much as one chat may in a day. Ask again tomorrow, or say “person”.
err-unclear = Your bank's answer was not clear enough for a figure I can stand behind. Please try again later.
err-ours = Something went wrong on our side, and I don't want to guess. Please ask again, or say “person”.

miss-one = I didn't get that. You can ask about your balance or what you spent. What would you like?
miss-two = Sorry, I still don't follow. Try something like “groceries last month”, or pick one of these.

foreign = I only speak English so far. Try “coffee last month”, or say “person”.
too-long = That's too long for me. Ask it in one short sentence, like “groceries last month”.
restart = All forgotten. What would you like to know?
again = Still the same: { $text }

ask-vague = What would you like to know? I can look at your balance, your spending or your last purchases.
ask-account = Which account do you mean? Tell me its name, such as “savings” or “credit card”.
ask-which = “{ $what }” could be more than one thing. Do you mean { $choices }?
ask-unknown = I can't find “{ $what }” in the payments I may see. Try the shop's name, a person or a kind of spending.
ask-items = Bank rows hold no items, only totals at a shop. So I can't find “{ $what }”. Ask about the shop or the kind of spending.
ask-unclear = What exactly should I look for? Name a shop, a person or a kind of spending.
ask-currency = Those payments are in more than one currency, and I won't add them up. Which account do you mean?
ask-period = Over which period? For example “the last 6 full months” or “2025”.
ask-compare = What should I compare? For example “groceries this month and last month”.
ask-share = The share of what, and over which period? For example “what percentage of 2025 went to rent”.
share-income = { $about } was { $percent } % of the { $whole } that came in { $when }.
cash-flow = { $came } came in and { $went } went out { $when }.

decline-rules = I can't help with that. I can tell you about your own balances and spending.
decline-others = I can only look at your own accounts, never at anyone else's.
decline-afford = I can't judge what you can afford. I can show what you spent or what is in your accounts.
decline-advice = I don't give advice. I can show you the figures, or say “person” to talk to someone who may.
decline-no-day = That month has no such day. Which day do you mean?
decline-bot = I'm a program that answers questions about your own accounts, nothing more. Ask me about your money, or say “person” to reach a human.
decline-future = I can't see the future, only what has happened. Ask me about a period that has begun.
decline-action = I can't change or move anything, I only answer questions. Say “person” and someone will help.
decline-facts = I don't have that. I can tell you about your balances and payments, or say “person”.

# What an answer adds where the rows behind it are known not to be everything.
caveat-from = I can only see from { $first } on.
caveat-unreadable = { $count } could not be read, so this may be incomplete.
caveat-twice = I left out { $count } that looks booked already.
caveat-missing = { $count } that you chose can no longer be seen at your bank.

none-before = I have nothing from before { $first }, so I can't say.

spend-total = You spent { $figure }{ $about } { $when }: { $count }.
spend-total-refunds = You spent { $figure }{ $about } { $when }: { $count }, less { $refunds }.
spend-pending = { $count } still pending and may change.
spend-none = You spent nothing{ $about } { $when }. I looked at all { $count } I may see.

apart-without = without { $what }
bound-gt = over { $amount }
bound-ge = of at least { $amount }
bound-lt = under { $amount }
bound-le = of at most { $amount }
bound-eq = of exactly { $amount }
days-weekends = at weekends
days-weekdays = on weekdays
sender-from = from { $who }
spoken-regular = your regular bills
spoken-since = since { $day }
spoken-any = any shop
spoken-account = your account
spoken-pay = your pay
spoken-or = or

count = That's { $count }{ $about } { $when }.

list = I found { $count }{ $about } { $when }:
list-none = I found no payments{ $about } { $when }.

biggest = Your biggest was { $figure } at { $merchant } on { $day }.

smallest = Your smallest was { $figure } at { $merchant } on { $day }.

last = The latest was { $figure } at { $merchant } on { $day }.

first = The first was { $figure } at { $merchant } on { $day }.

average = On average { $figure }{ $about } { $when }, over { $count }.
average-per = On average { $figure } a { $unit }{ $about } { $when }.
median = The middle one was { $figure }{ $about } { $when }, of { $count }.

balance-one = { $name }: { $figure } ({ $kind }).
balance-owed = You owe { $figure } on { $name } ({ $kind }).
balance-all = Your balances: { $shown }.
balance-none = Your bank gave me no balance for that account.
balance-then = I can see what is in your accounts now, not what was there before.
balance-total = You have { $figure } in all, over { $number } accounts.

income = { $figure } came in{ $about } { $when }: { $count }.
income-none = I found no such money coming in{ $about } { $when }.

refunds-none = I found no refunds{ $about } { $when }.
refunds-total = { $figure } came back{ $about } { $when }: { $count }.

pending-none = Nothing is pending.
pending-total = { $figure } is pending, in { $count }.

by-in = What came in{ $about } { $when }: { $shown }.
by = Your spending{ $about } { $when }: { $shown }.

compare = { $one }: { $first }. { $two }: { $second }. The first is { $verdict }.

share = { $about } was { $percent } % of the { $whole } you spent { $when }.

top = { $name } was the highest{ $about } { $when }: { $figure }.
trend-up = It is going up.
trend-down = It is going down.
trend-flat = It stays about the same.
top-lowest = { $name } was the lowest{ $about } { $when }: { $figure }.

card-paid = You paid { $figure } to your credit card { $when }: { $count }.

saved = You moved { $figure } into savings { $when }: { $count }.

happened-yes = Yes: { $count } to { $about } { $when }.
happened-in = Yes: { $count }{ $about } came in { $when }.
happened-out = No, I found no money coming in{ $about } { $when }.
happened-no = No, I found no payment to { $about } { $when }.

next = The next payment for { $about } should be around { $day }, going by the last ones.
next-unknown = I see no regular rhythm for { $about }, so I can't say when the next one is.

subscriptions = You have { $count }: { $shown }.
subscriptions-none = I see no monthly subscription that is still charged.

twice-yes = Yes: { $count } to { $about } look like doubles { $when }.
twice-no = No, I found no double charge for { $about } { $when }.

price-first = { $about } first charged { $figure } on { $day }.
price-up = { $about } went from { $first } to { $second } on { $day }.
price-by = { $about } went up by { $figure }, from { $first } to { $second }.
price-same = I see no price rise for { $about } { $when }.

why = That comes from { $count }, such as { $shown }.
why-spending = Refunds lower it. Moves between your own accounts and card payments don't count.
why-income = Refunds, moves between your own accounts and money from friends don't count.
why-refunds = Each is a credit from a shop where you had paid.
why-pending = Each is still on its way and may change.
why-saved = I counted moves into your savings, not out of them.
why-card = I counted what reached your card account.

# Counted things.

count-purchase = { $number ->
    [one] { $number } purchase
   *[other] { $number } purchases
}
count-payment = { $number ->
    [one] { $number } payment
   *[other] { $number } payments
}
count-refund = { $number ->
    [one] { $number } refund
   *[other] { $number } refunds
}
count-row = { $number ->
    [one] { $number } row
   *[other] { $number } rows
}
count-transfer = { $number ->
    [one] { $number } transfer
   *[other] { $number } transfers
}
count-pending-payment = { $number ->
    [one] { $number } pending payment
   *[other] { $number } pending payments
}
count-of-them-is = { $number ->
    [one] { $number } of them is
   *[other] { $number } of them are
}
count-minute = { $number ->
    [one] { $number } minute
   *[other] { $number } minutes
}
count-entry = { $number ->
    [one] { $number } entry
   *[other] { $number } entries
}
count-account = { $number ->
    [one] { $number } account
   *[other] { $number } accounts
}
count-other = { $number ->
    [one] { $number } other
   *[other] { $number } others
}

rule-total = Total
rule-spend = Purchases, bills, cash and fees, by the day your bank booked them. Refunds are taken off. Moves between your own accounts are not counted.

sealed-ready = Your answer is ready. It opens on our page, not in this chat.
sealed-open = Open my answer
count-live-subscription = { $number ->
    [one] { $number } live subscription
   *[other] { $number } live subscriptions
}

looks-none = Nobody has looked at your accounts yet.
looks-shown = Your data was looked at { $count ->
    [one] once
   *[other] { $count } times
}. Newest first: { $lines } Each line has a number and a proof. “Your data” on our page lets you check them yourself.
looks-line = { $at }, { $who }: your { $data }, { $why } (line { $number }, { $proof }).
looks-by-customer = this bot
looks-by-agent = one of our staff
looks-by-job = an automatic job
looks-by-operator = somebody who runs the service
looks-answer = to answer you
looks-refused = refused
looks-offer = to list them for your choice
looks-sealed = You chose to keep such things out of this chat. “Your data” on our page lists who looked, when and why, with a proof of each.
