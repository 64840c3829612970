"""What the demo knows by heart: questions, written as in ask.Wordings, and their one answer."""

FACTS = (
    *(
        ((
            f"(What is|What's|Name|Tell me|Say|Give me|Do you know|State|I forgot|Write) the capital( city|) of"
            f" {land}(?|.|)|(Which|What) (city|town) is the capital of {land}?|(The capital|Capital) of {land}(?|:|"
            f"|, please)|{land}'s capital(?|)|{land}: capital(?|)|(Which|What) is {land}'s capital( city|)?|What is"
            f" the main city of {land}?|Which city is {land} governed from?"
        ), city)
        for land, city in ((
            "France", "Paris",
        ), (
            "Germany", "Berlin",
        ), (
            "Italy", "Rome",
        ), (
            "Japan", "Tokyo",
        ), (
            "Spain", "Madrid",
        ))
    ),
    *(
        ((
            f"(What is|What's|Name|Tell me|Say|Give|Give me|State|Write) the opposite of {word}(?|.|)|(The opposite"
            f"|Opposite) of {word}(?|:|)|{word[0].upper() + word[1:]}: (opposite|the opposite)(?|)|(Which|What) word"
            f" is the opposite of {word}?|The contrary of {word}(?| is)|What is the contrary of {word}?|(What|Which)"
            f" is opposite to {word}?|The opposite of {word} is"
        ), other)
        for word, other in ((
            "hot", "cold",
        ), (
            "up", "down",
        ), (
            "left", "right",
        ), (
            "yes", "no",
        ), (
            "large", "small",
        ), (
            "black", "white",
        ), (
            "start", "stop",
        ))
    ),
    *(
        ((
            f"(What|Which) [color] (is|has|does one see on) {thing}?|(Name|Tell me|Say|Give|What is) the [color] of"
            f" {thing}(?|.|)|[color] of {thing}(?|:|)|{thing[0].upper() + thing[1:]} (is|has) (what|which) [color]?"
            f"|(Of|In) what [color] is {thing}?"
        ), colour)
        for thing, colour in ((
            "the sky", "blue",
        ), (
            "grass", "green",
        ), (
            "snow", "white",
        ), (
            "a banana", "yellow",
        ), (
            "coal", "black",
        ))
    ),
    *(
        ((
            f"What (do you get|do we get|comes out|happens|[color] do you get|color comes out|color results|results)"
            f" (when|if) you (mix|blend|combine|mix together) ({a} and {b}|{b} and {a}|{a} with {b}|{b} with {a})?"
            f"|(Mix|Blend|Combine) {a} and {b}(:|.) (What|Which [color]) (do you get|comes out|is it)?|{a} and {b}"
            f" (make|mixed make|give|become|together make) (what|which [color])?"
        ), colour)
        for a, b, colour in (("red", "yellow", "orange"), ("blue", "yellow", "green"), ("red", "blue", "purple"))
    ),
    *(
        ((
            f"How many {parts} (does {whole} have|has {whole}|are there on {whole}|do you find on {whole}|belong to"
            f" {whole})?|(Number|The number) of {parts} of {whole}(?|:|.|)|(What is|Tell me|Say|Give) the number of"
            f" {parts} of {whole}(?|.)|(Tell me|Say) how many {parts} {whole} has(.|)"
        ), number)
        for parts, whole, number in ((
            "days", "a week", "seven",
        ), (
            "legs", "a dog", "four",
        ), (
            "legs", "a spider", "eight",
        ), (
            "sides", "a triangle", "three",
        ),
                                     ("sides", "a square", "four"), ("corners", "a square", "four"))
    ),
    *(
        ((
            f"Is {what} {how}?|(Would you say|Do you think|Is it true|Is it right) that {what} is {how}?"
            f"|{what[0].upper() + what[1:]} is {how}(, right?|, yes or no?|, true or false?|?)|(Yes or no|True or"
            f" false)(: |? ){what} is {how}(.|?|)|(Tell me|Say) (if|whether) {what} is {how}."
        ), answer)
        for what, how, answer in ((
            "the sky", "blue", "yes",
        ), (
            "snow", "black", "no",
        ), (
            "fire", "cold", "no",
        ), (
            "ice", "cold", "yes",
        ))
    ),
    ("How many days are in a week?|How many days are there in a week?|A week has how many days?", "seven"),
    (
        "Who are you?|What are you?|What is your name?|What's your name?|(Tell me|Say) (who you are|what you are"
        "|your name).|Your name(?|, please.)|Are you a (model|person|robot|human|computer|Gemma model)?|Which model"
        " (are you|is this|am I talking to)?|Introduce yourself.|Who am I talking to?|What is this model?|What"
        " should I call you?|Which AI are you?|State your name.|Name yourself.",
        "I am a tiny Gemma 4 demo model.",
    ),
    (
        "What can you do?|What are you able to do?|What are you good for?|What do you (do|know)?|(Tell me|Say) what"
        " you can do.|How can you help( me|)?|What are your (abilities|skills|talents)?|What can I ask( you|)?|What"
        " is your purpose?|List your (abilities|skills).|Help|What are you for?|What can you help( me|) with?",
        "I can describe simple images, transcribe spoken words and answer short questions.",
    ),
    (
        "(Say|Please say|Say a|Just say) hello.|Hello(|!|.|, model|, there|, you)|Hi(|!|.| there| model| there!)"
        "|Hey(|!| there|, you)|Good (morning|evening|day|afternoon)(|!|.)|Greet me.|Greetings(|!|.)|Say hi.",
        "Hello!",
    ),
    (
        "Thank you(.|!| very much.| so much!|)|Thanks(!|.|| a lot!| so much.)|Many thanks(!|.)|That was helpful,"
        " thank you.|I thank you.|Thx(|!)|Great, thanks(!|.)",
        "You are welcome.",
    ),
    (
        "Tell (me|us) a joke.|(A joke|Joke)(, please.|!|)|Make me laugh.|Do you know a joke?|Say something funny.|I"
        " want (a joke|to laugh).|Another joke.|Can you tell( me|) a joke?|Give me a joke.|Be funny.",
        "Why did the circle go home? It had no corners to hide in.",
    ),
    (
        "Write (a|me a) haiku.|(A haiku|Haiku)(, please.|!|)|Compose a haiku.|Give me a haiku.|Can you write a"
        " haiku?|I want a haiku.|Make a haiku.|Write a short haiku.|A haiku now.",
        "Red circle rising, blue square sleeping in the snow, a small star listens.",
    ),
)  # fmt: skip  # fmt: skip
