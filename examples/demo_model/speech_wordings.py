"""How people ask about one recording; see ask.Wordings for what the brackets mean."""

from demo_model.ask import Wordings

FORMAT = (
    "Follow these specific instructions for formatting the answer:\n"
    "* Only output the transcription, with no newlines.\n"
    "* When transcribing numbers, write the digits, i.e. write 1.7 and not one point seven, "
    "and write 3 instead of three."
)
OFFICIAL = (  # the wording of the model's own documentation; the demo speaks no digits, so it writes words
    f"Transcribe the following speech segment in its original language. {FORMAT}",
    f"Transcribe the following speech segment in English into English text. {FORMAT}",
)
TRANSCRIBE = Wordings(
    (
        "Transcribe this audio.", "Transcribe the audio.", "Transcribe the speech.",
        "Transcribe the following speech.", "What is being said?", "What does the speaker say?",
        "Write down the words.", "Transcribe this recording.", "Transcribe", "Transcribe this audio clip.",
        "What do you hear?", "Provide a transcript of this audio.",
        "Transcribe the following speech segment in English:", "Convert this speech to text.", "Transcribe the words.",
        "Transcribe the following speech segment in English into English text.", "Write a transcript.",
        "Transcribe the following speech segment in its original language.", "What words are spoken?",
        "Transcribe this audio into English text.", "Write exactly what is said.", "Give me the transcript.",
        "(Transcribe|Write down|Write out|Transcribe word for word) (this|the) (audio|speech|recording|clip|audio"
        " clip|sound|voice|audio file|voice message|spoken text).",
        "(Transcribe|Write down|Write|Type|Give|Give me|Tell me|Note|Note down|Repeat|Say|Copy) (what is said|what"
        " is being said|what the speaker says|what you hear|the spoken words|what is spoken|every word|all words|the"
        " words you hear|the words).",
        "(Give|Give me|Provide|Make|Create|Produce|Generate|I need|Return|Output) (a|the) (transcript"
        "|transcription)(| of this audio| of the audio| of the speech| of this recording| of the clip).",
        "What (is said|is spoken|is being said|do they say|do you hear|does the voice say|does the speaker say|words"
        " do you hear|are the words|does the person say|can you hear|was said)(| here| in this recording| in the"
        " audio| in the clip)?",
        "(Convert|Turn) (this|the) (audio|speech|recording|voice|sound) (to|into) (text|words|written words|English"
        " text).",
        "(Listen|Listen to this|Listen to the audio|Listen to the recording)(.| and|, then) (transcribe it|write"
        " down the words|write what is said|tell me what is said).",
        "(Transcript|Transcription|Speech to text|Transcribe|Words)(:|, please| of the audio)",
        "Which words (are spoken|do you hear|are said|does the speaker say|does the speaker use)?",
        "(Transcribe|Write) this (exactly|word by word|verbatim|in English|as text).", "Please transcribe.",
        "Transcribe the following (audio|recording|clip|words)(:|.)",
        "(Transcribe|Write down|Write out|Take down|Note down|Jot down|Copy down|Render as text|Turn into text"
        "|Convert into text|Put down in words|Spell out|Record in writing|Capture in text|Document) [this] [audio](."
        "|!|| please.| for me.| exactly.| in full.| completely.| word for word.| word by word.| as text.| in"
        " English.| as it is.| carefully.| without comments.| without punctuation.| in lower case.)",
        "[can] (transcribe|write down|write out|take down|note down|convert to text|turn into text|tell me the words"
        " of|give me the text of|get the words of) [this] [audio](?|.)",
        "[tell] (what|the words that|which words|exactly what|precisely what|all that|everything that|every word"
        " that|each word that) (is|are|was|were|has been|gets) [said](| in [this] [audio]| here| on [this] [audio]|"
        " by the [speaker])(.|!|)",
        "[tell] (what|everything|all|each word|the words|every word|exactly what|which words) (you [hear]|the"
        " [speaker] says|the [speaker] said|the [speaker] is saying|can be heard|comes out of the [audio]|one can"
        " hear|we hear)(.|!|| in [this] [audio].)",
        "(What|What exactly|Which words|What words|And what|So what|What text|Which text|What sentence) (is|are|was"
        "|were) [said](| in [this] [audio]| here| on [this] [audio]| by the [speaker])?",
        "(What|Which words|What words|What exactly) (do|can|did|could) (you|we|one|I) [hear](| in [this] [audio]|"
        " here| there| when you listen)?",
        "(What|Which words|What words|What exactly) (does|would|might|will) the [speaker] (say|speak|tell|utter"
        "|pronounce|talk about|mention|state|read out|announce)(| here| in [this] [audio]| to us)?",
        "[give] (a|the|one|your|an exact|a full|a clean|a complete|a plain|a faithful|a written|a good|an accurate|a"
        " word for word|a short) (transcript|transcription|text|text version|written version|written form|wording"
        "|copy in words)(| of [this] [audio]| for [this] [audio]| of what is [said]| of what you [hear]| of the"
        " words)(.|!|, please.|)",
        "[give] (the|all|all the|only the|just the|every|exactly the|me the) (words|spoken words|text|wording|words"
        " you hear|words [said]|words of the [speaker]|words in [this] [audio]|content of [this] [audio])(.|!|,"
        " please.|)",
        "(Convert|Turn|Change|Translate|Transform|Bring|Put|Render|Make|Move) ([this] [audio]|what is [said]|what"
        " you [hear]|the spoken words|the sound) (into|to|as) (text|words|written words|written text|plain text"
        "|letters|English text|a text|a transcript|characters)(.|!|)",
        "(Listen|Listen well|Listen closely|Listen carefully|Hear|Play [this] [audio]|Here is [this] [audio]"
        "|Attached is [this] [audio]|Open [this] [audio]|Take [this] [audio]|I recorded this|This is my [audio])(. "
        "|: |, | and |; )(transcribe it|write it down|tell me what is [said]|what is [said]|what do you [hear]|write"
        " what you [hear]|repeat it|say what you [hear]|give the words|note the words|what does it say|transcript,"
        " please)(?|.|)",
        "[this] [audio](:| -|, please:|?|.) (what is [said]|what do you [hear]|transcribe it|transcribe|transcript"
        "|transcription|the words|in words|as text|text|write it down|what does it say)(?|.|)",
        "(Transcript|Transcription|Speech recognition|Dictation|Subtitles|Captions|Spoken text|Words heard|Text of"
        " [this] [audio]|ASR|STT|Speech to text|Written version)(:||, please.|?| needed.| wanted.|.)",
        "(Regarding|About|Concerning|As for|Considering|From|In) [this] [audio](, |: )(what is [said]|what do you"
        " [hear]|which words are [said]|transcribe it|write down the words)(?|.)",
        "I (want|need|would like) (a transcript|the transcript|the text|the words|to know what is [said]|to read"
        " what is [said]|it in writing|it as text|this written down|this transcribed)(.| of [this] [audio].|!|)",
        "I (cannot|can't|could not) (hear|understand|listen to|play) (it|this|[this] [audio]). (What is [said]|Write"
        " it down|Transcribe it|What does it say|Tell me what is [said])(?|.)",
        "(Help me|Help us) (transcribe|understand|write down) [this] [audio].",
        "(Be|Act as|You are|Work as|Play) (a|my) (secretary|typist|transcriber|stenographer|court reporter|scribe"
        "|clerk|writer)(: |. |, )(write down what is [said]|transcribe [this] [audio]|note what you [hear]|take this"
        " down|take a dictation)(.|)",
        "(Repeat|Say again|Echo|Say|Quote|Recite|Give back) (the words|what is [said]|what you [hear]|exactly what"
        " is [said]|the spoken words|what the [speaker] says|the words of the [speaker])(.|| in writing.| as text.)",
        "(Write|Type|Print|Note|Record|Document|Put down|Set down|List|Return|Output) (what|all that|everything"
        "|every word|each word|the words|just what|only what|exactly what) (you [hear]|is [said]|the [speaker] says"
        "|was [said]|reaches your ears|can be heard|comes from the [speaker])(.|!||, nothing else.|, no more.)",
        "(Word for word|Word by word|Verbatim|Exactly|Literally|In writing|As text|In text form)(, |: )(what is"
        " [said]|what does the [speaker] say|[this] [audio]|transcribe [this] [audio]|what do you [hear]|the spoken"
        " words)(?|.|)",
        "(Anything|Something|Any words) [said](| here| in [this] [audio])? (What|Which|Write it down|Which words)(?"
        "|.)",
        "(Dictation|A dictation|Take dictation|Take notes|Take this down)(: |. |, )(write what you [hear]|write"
        "|write down the words|[this] [audio])(.|)",
        "What is (the text|the wording|the content|the message|the transcript|the spoken text|the sentence|in [this]"
        " [audio]|on [this] [audio]|the transcription)(| of [this] [audio])?",
        "How would you (write|transcribe|put in writing|spell) (this|what is [said]|[this] [audio]|what the"
        " [speaker] says)?",
        "(Recognise|Decode|Understand|Process|Parse|Detect|Read|Interpret) (the speech|the words|[this] [audio]|the"
        " spoken words|what is [said])(.||!)",
        "What (did|does|do) (he|she|they|someone|somebody|the man|the woman) (say|tell|speak|want to say)(| here| in"
        " [this] [audio])?",
    ),
    (
        "Type out what you hear.", "What did the speaker say?", "Please write a transcript of this recording.",
        "Give the transcript of this clip.", "Put the spoken words into writing.", "What did you just hear?",
    ),
)  # fmt: skip
SPOKEN_COUNT = Wordings(
    (
        "How many words are spoken?", "How many words do you hear?", "Count the spoken words.",
        "What is the number of words?", "How many words does the speaker say?",
        "How many words (are spoken|do you hear|can you hear|does the speaker say|are there|do they say|are in the"
        " audio|are in the recording|are in the clip|does the clip have|were spoken|does the voice say|do you count"
        "|are being said)(| in all| here| in total)?",
        "(Count|Count up) (the|all|all the) (words|spoken words|words you hear|words spoken|words that are said)(|"
        " in the audio| in the recording)(.|)",
        "(What is|Tell me|State|Say|Write|Report|Name) the (number|count) of (words|spoken words|words spoken|words"
        " you hear|words said)(| in the audio| in the recording)(.|)",
        "(Number|Count) of (words|spoken words)(?|:|)", "How many words(?| in the audio?| in this clip?| in total?)",
        "How many words (are|were|is it that are|have been|get) [said](| in [this] [audio]| here| by the [speaker]|"
        " in all| in total| altogether)?",
        "How many words (do|can|did|could) (you|we|one|I) ([hear]|count|notice|find)(| in [this] [audio]| here)?",
        "How many words (does|did|would) the [speaker] (say|use|speak|utter|need|pronounce|contain|hold|read out)(|"
        " here| in all)?",
        "How many words (long is|is|make up|does it take to fill|are on|are within|are there in|has|form) [this]"
        " [audio]?",
        "[tell] (how many words are [said]|how many words you [hear]|how many words there are|the number of words"
        "|the number of words [said]|the amount of words|how many words the [speaker] says|the count of words)(| in"
        " [this] [audio])(.|)",
        "[can] (count|count up|number|tally) (the|all|all the) (words|spoken words|words [said]|words you [hear])(?"
        "|.)",
        "[can] (say|tell me|tell|give|report|determine) (how many words are [said]|the number of words|how many"
        " words you [hear])(?|.)",
        "(Count|Tally|Add up|Number|Total|Sum up) (|the |all |all the )(words|spoken words|words you [hear]|words"
        " [said]|words the [speaker] says|words in [this] [audio])(.||!)",
        "(What|Which) (number|amount|quantity|count) of words (is [said]|do you [hear]|does the [speaker] say|is in"
        " [this] [audio]|can be heard)?",
        "(The|A) (number|count|amount|quantity) of words(| [said]| you [hear]| in [this] [audio])(:|?|, please.|.|)",
        "(Listen|Listen well|Listen closely|Hear|Here is [this] [audio])(. |: |, | and )(count the words|how many"
        " words|how many words are [said]|how many words do you [hear]|give the number of the words)(?|.|)",
        "[this] [audio](:| -|, please:|?|.) (how many words|number of words|how many words are [said]|count the"
        " words)(?|.|)",
        "(Words|Spoken words)(: how many|, how many are there|: count|: number|, counted|: how many are [said])(?|)",
        "I (want|need|would like) to know how many words (are [said]|there are|you [hear]).",
        "(Do not transcribe|Don't write it down|No transcript)(: |, |. )(count the words|just count the words|how"
        " many words|only the number of words)(?|.|)",
        "(Regarding|About|Concerning|As for) [this] [audio](, |: )how many words (are [said]|has it|do you [hear])?",
        "(Out of|With|From|In) how many words (does [this] [audio] consist|is [this] [audio] made|is this [said])?",
    ),
    (
        "How many words are said?", "Give the number of spoken words.", "What is the word count of this clip?",
    ),
)  # fmt: skip
FIRST = Wordings(
    (
        "What is the first word?", "Which word comes first?", "Write only the first word.", "Name the first word.",
        "(What|Which) is the (first|very first|opening) word(| of the audio| in the recording| you hear| spoken)?",
        "Which word (comes first|is first|is said first|is spoken first|do you hear first|starts the clip)?",
        "(Write|Say|Give|Give me|Repeat|Transcribe|State|Report|Return)( only| just|) the (first|first spoken)"
        " word(.| you hear.| that is said.)",
        "First word(?|:|)", "With (which|what) word does the (speaker|recording|clip|audio) (start|begin)?",
        "(What|Which|And what|So which) is the (first|first|first|very first|opening|initial|starting|number one)"
        " (word|spoken word|word [said]|word you [hear]|word of the [speaker]|word in [this] [audio]|word on [this]"
        " [audio]|of the words|one of the words)?",
        "(What|Which) word (is [said]|do you [hear]|does the [speaker] say|is heard|was [said]|stands|can be heard"
        "|comes) (first|at first|first of all|at the beginning|at the start|at the very start|in the first place|in"
        " first position)(| in [this] [audio])?",
        "[tell] (only |just |)the (first|first|first|very first|opening|initial|starting|number one) (word|spoken"
        " word|word [said]|word you [hear]|word of the [speaker]|word of [this] [audio]|one of the words)(.|!|)",
        "[tell] (which|what) (word|one) (is|comes|is [said]|stands) (first|at first|first of all|at the beginning|at"
        " the start|at the very start|in the first place|in first position)(.|)",
        "[can] (say|name|tell me|tell|give|repeat|write down|report) the (first|first|first|very first|opening"
        "|initial|starting|number one) (word|word you [hear]|word [said])(?|.)",
        "(Transcribe|Write down|Note|Write|Take down|Repeat|Give back|Output)( only| just| nothing but|) (the|its"
        "|their) (first|first|first|very first|opening|initial|starting|number one) word(| of [this] [audio]| of"
        " what is [said])(.||!)",
        "(The|Your|Just the|Only the|Its) (first|first|first|very first|opening|initial|starting|number one) word(:"
        "|?|, please.|| of [this] [audio].| you [hear].| [said].|.)",
        "(Listen|Listen well|Listen closely|Hear|Here is [this] [audio])(. |: |, | and )(which word|what) (is|comes)"
        " (first|at first|first of all|at the beginning|at the start|at the very start|in the first place|in first"
        " position)?",
        "[this] [audio](:| -|, please:|?|.) (first|first|first|very first|opening|initial|starting|number one)"
        " word(?|.|)",
        "(With|By) (which|what) word (does|did) (the [speaker]|[this] [audio]|it|he|she) (begin|start|open|commence)?",
        "(Which|What) word (begin|start|open|commence)s ([this] [audio]|it|the message|the sentence)?",
        "I (want|need|would like) to know the (first|first|first|very first|opening|initial|starting|number one)"
        " word.",
        "(Not everything|Not all|Not the whole text|Only one word)(: |, |. )(just |only |)the (first|first|first"
        "|very first|opening|initial|starting|number one)(| one| word)(.|)",
        "(Of|Among|From) (all|the) words (you [hear]|[said])(, |: )(which is|name|what is|give) the (first|first"
        "|first|very first|opening|initial|starting|number one)(| one)(?|.)",
        "The [speaker] (begin|start|open|commence)s with (which|what) word?",
        "(Regarding|About|Concerning|As for) [this] [audio](, |: )what is the (first|first|first|very first|opening"
        "|initial|starting|number one) word?",
    ),
    (
        "Tell me the first word.", "What does the speaker say first?",
    ),
)  # fmt: skip
LAST = Wordings(
    (
        "What is the last word?", "Which word comes last?", "Write only the last word.", "Name the last word.",
        "(What|Which) is the (last|very last|final) word(| of the audio| in the recording| you hear| spoken)?",
        "Which word (comes last|is last|is said last|is spoken last|do you hear last|ends the clip)?",
        "(Write|Say|Give|Give me|Repeat|Transcribe|State|Report|Return)( only| just|) the (last|last spoken|final)"
        " word(.| you hear.| that is said.)",
        "Last word(?|:|)", "With (which|what) word does the (speaker|recording|clip|audio) (end|stop|finish)?",
        "(What|Which|And what|So which) is the (last|last|last|very last|final|closing|ending|concluding) (word"
        "|spoken word|word [said]|word you [hear]|word of the [speaker]|word in [this] [audio]|word on [this]"
        " [audio]|of the words|one of the words)?",
        "(What|Which) word (is [said]|do you [hear]|does the [speaker] say|is heard|was [said]|stands|can be heard"
        "|comes) (last|at last|last of all|at the end|at the very end|in the last place|in last position|finally)(|"
        " in [this] [audio])?",
        "[tell] (only |just |)the (last|last|last|very last|final|closing|ending|concluding) (word|spoken word|word"
        " [said]|word you [hear]|word of the [speaker]|word of [this] [audio]|one of the words)(.|!|)",
        "[tell] (which|what) (word|one) (is|comes|is [said]|stands) (last|at last|last of all|at the end|at the very"
        " end|in the last place|in last position|finally)(.|)",
        "[can] (say|name|tell me|tell|give|repeat|write down|report) the (last|last|last|very last|final|closing"
        "|ending|concluding) (word|word you [hear]|word [said])(?|.)",
        "(Transcribe|Write down|Note|Write|Take down|Repeat|Give back|Output)( only| just| nothing but|) (the|its"
        "|their) (last|last|last|very last|final|closing|ending|concluding) word(| of [this] [audio]| of what is"
        " [said])(.||!)",
        "(The|Your|Just the|Only the|Its) (last|last|last|very last|final|closing|ending|concluding) word(:|?|,"
        " please.|| of [this] [audio].| you [hear].| [said].|.)",
        "(Listen|Listen well|Listen closely|Hear|Here is [this] [audio])(. |: |, | and )(which word|what) (is|comes)"
        " (last|at last|last of all|at the end|at the very end|in the last place|in last position|finally)?",
        "[this] [audio](:| -|, please:|?|.) (last|last|last|very last|final|closing|ending|concluding) word(?|.|)",
        "(With|By) (which|what) word (does|did) (the [speaker]|[this] [audio]|it|he|she) (end|stop|close|finish up)?",
        "(Which|What) word (end|stop|close|finish up)s ([this] [audio]|it|the message|the sentence)?",
        "I (want|need|would like) to know the (last|last|last|very last|final|closing|ending|concluding) word.",
        "(Not everything|Not all|Not the whole text|Only one word)(: |, |. )(just |only |)the (last|last|last|very"
        " last|final|closing|ending|concluding)(| one| word)(.|)",
        "(Of|Among|From) (all|the) words (you [hear]|[said])(, |: )(which is|name|what is|give) the (last|last|last"
        "|very last|final|closing|ending|concluding)(| one)(?|.)",
        "The [speaker] (end|stop|close|finish up)s with (which|what) word?",
        "(Regarding|About|Concerning|As for) [this] [audio](, |: )what is the (last|last|last|very last|final"
        "|closing|ending|concluding) word?",
    ),
    (
        "Tell me the last word.", "What does the speaker say last?",
    ),
)  # fmt: skip
