"""Words that wordings are put together from, and what people put before, after and between them."""

PARTS = {  # `[image]` in a wording stands for one of these; some hold choices themselves
    "image": "image|image|image|picture|picture|picture|photo|photo|photograph|drawing|scene|shot|snapshot|graphic"
    "|illustration|pic|frame|figure",
    "images": "images|images|pictures|pictures|photos|photographs|drawings|scenes|shots|illustrations",
    "this": "this|this|the|the|that|my|the given|the attached|the following|our|the above|the whole",
    "both": "both|the two|these two|the two given|my two|these|the pair of",
    "thing": "shape|shape|object|object|thing|figure|form|item|one|element|piece",
    "things": "shapes|shapes|objects|objects|things|figures|forms|items|elements|pieces",
    "color": "color|color|color|colour|colour|hue|shade|tint",
    "show": "show|show|contain|display|present|depict|hold|include|portray|offer|reveal|feature",
    "shows": "shows|shows|contains|displays|presents|depicts|holds|includes|portrays|offers|reveals|features",
    "shown": "shown|visible|pictured|displayed|drawn|present|presented|contained|found|portrayed|included|given|there",
    "see": "see|see|find|notice|observe|recognise|make out|spot|perceive|detect|identify|discern",
    "tell": "tell me|tell us|say|state|name|give|give me|report|write|write down|note|note down|indicate|specify"
    "|mention|output|return|print|let me know|answer|identify|determine|find out|work out|show me|provide|display",
    "give": "give|give me|write|write me|provide|make|make me|produce|generate|create|return|output|prepare|supply"
    "|deliver|compose|draft|formulate|send me|show me|offer|hand me|get me|I need|I want|I would like|we need"
    "|let me have|let me see|come up with",
    "describe": "describe|describe|caption|summarize|sum up|explain|outline|characterise|depict|sketch|portray"
    "|interpret",
    "can": "can you|could you|would you|will you|can you please|could you please|would you kindly|are you able to"
    "|would you mind to|I want you to|I would like you to|I need you to|you should|you must|please|your job is to"
    "|your task is to|try to|go ahead and|let us|help me and|be so kind as to",
    "here": "|||here|in it|in there|in [this] [image]|on [this] [image]|within [this] [image]|in front of you"
    "|before you|in view|in what I sent|in what you see|at all",
    "audio": "audio|audio|recording|recording|clip|speech|sound|voice|audio clip|sound file|audio file|voice message"
    "|sound clip|voice note|speech sample|speech clip|tape|spoken text|message|track|segment|utterance|snippet",
    "speaker": "speaker|speaker|voice|person|narrator|recording|clip|audio|one who speaks|man or woman|message|talker",
    "said": "said|said|spoken|being said|being spoken|uttered|heard|pronounced|read out|told|talked|voiced|recorded",
    "hear": "hear|hear|hear|can hear|are hearing|catch|understand|listen to|overhear",
    "line": "line|text|phrase|sentence|list|sequence|row of words|string|message|input|passage",
    "answer": "answer|reply|response|output|text|result|solution",
    "every": "every|each|the|your|any|all of your|each and every|whatever",
}

STARTS = (
    "Please ", "Could you ", "Can you ", "Now ", "OK, ", "Hi! ", "Hello, ", "Tell me: ", "Question: ",
    "I want to know: ", "Quick question: ", "So, ", "Well, ", "Hey, ", "Good morning. ", "Good evening! ", "Task: ",
    "Next task: ", "Instruction: ", "Here is a question: ", "Listen: ", "Look: ", "My question: ", "One more: ",
    "And now: ", "Next: ", "Then ", "First of all, ", "Also, ", "Just ", "Simply ", "Kindly ", "Excuse me, ",
    "Sorry, ", "Help me: ", "I wonder: ", "I am curious: ", "For my notes: ", "For a friend: ", "This is a test. ",
    "Be honest: ", "Take your time. ", "Hurry up! ", "User: ", "Q: ", "1. ", "- ", "Once more: ", "Dear model, ",
    "Alright, ", "Right, ", "Okay. ", "Your turn: ", "Attention! ", "As a test, ", "If you can, ", "Again: ",
)  # fmt: skip
ENDS = (
    " Thank you.", " Thanks!", " please", " Thanks in advance.", " Please.", " thx", " It is important.", " OK?",
    " Take your time.", " Good luck!", " I am curious.", " I need it now.", " Thank you very much!", " now",
    " if you can", " for me", " Answer:", " Go!", " That is all.", " Be careful.", " Be exact.", " Cheers.",
)  # fmt: skip
SHORT_ENDS = (
    " Be brief.", " Answer briefly.", " Answer in one word.", " Keep the answer brief.", " One word is enough.",
    " Only the answer.", " No explanations.", " Do not explain.",
)  # fmt: skip

FILLERS = (  # may stand anywhere and mean nothing to the answer
    "exactly", "really", "actually", "just", "simply", "quickly", "kindly", "here", "now", "then", "maybe", "well",
    "so", "indeed", "precisely", "clearly", "honestly", "certainly", "probably", "perhaps", "today", "again", "once",
    "also", "rather", "quite", "very", "somehow", "basically", "literally", "please", "okay", "carefully",
    "correctly", "directly", "finally", "generally", "gladly", "hopefully", "immediately", "mainly", "nicely",
    "normally", "obviously", "properly", "quietly", "seriously", "slowly", "surely", "truly", "usually", "altogether",
    "anyway", "besides", "currently", "definitely", "especially", "eventually", "evidently", "for me", "fully",
    "further", "however", "instead", "likely", "meanwhile", "mostly", "namely", "nevertheless", "next", "otherwise",
    "overall", "particularly", "personally", "possibly", "presumably", "roughly", "soon", "specifically", "still",
    "therefore", "though", "thus", "together", "ultimately", "whatsoever", "within reason", "yet", "good", "dear",
    "friend", "computer", "model", "assistant", "robot", "sir", "madam", "team", "everyone", "um", "uh", "hmm", "er",
    "oh", "ah", "wow", "like", "right away",
)  # fmt: skip
IDLE = (  # can be left out
    "a", "an", "are", "do", "does", "is", "it", "me", "my", "of", "please", "that", "the", "there", "this", "us",
    "we", "you",
)  # fmt: skip
LETTERS = "aaabcdeeeefghiiijklmnnooopqrrsstttuuvwxyz"  # of words that do not exist, about as often as in English
