"""How people ask what is in one of two pictures, or in both; see ask.Wordings for what the brackets mean."""

from demo_model.ask import Wordings

ONLY = Wordings(
    (
        "What is only in the {which} image?", "Which object is only in the {which} image?",
        "What does only the {which} image show?", "What is in the {which} image but not in the other?",
        "Name what is only in the {which} picture.",
        "(What|Which shape|Which object|Which thing|What shape|What object|Which figure) is only in the {which}"
        " (image|picture|photo|one)?",
        "(What|Which shape|Which object|Which thing) (does only the {which} image show|is shown only in the {which}"
        " image|is found only in the {which} image|appears only in the {which} image|is just in the {which} image|do"
        " you see only in the {which} image|is in the {which} image alone)?",
        "(What|Which shape|Which object|Which thing) is in the {which} (image|picture|photo) (but not in the other"
        "|and not in the other|but missing in the other|but not in the other one)?",
        "(Name|Describe|Tell me|Say|Give|Caption) (what|the shape that|the object that|the thing that) is only in"
        " the {which} (image|picture|photo).",
        "What does the {which} (image|picture|photo) (show that the other does not|have that the other has not|show"
        " and the other not)?",
        "What is (new|different|extra|more) in the {which} image?", "Only in the {which} (image|picture)(?|:)",
        "(What|Which shape|Which object) is missing in the other image but in the {which}?",
        "(What|Which [thing]|Which one|What [thing]|What exactly|And what) (is|can be found|appears|occurs|exists|is"
        " [shown]|is to be seen|do you [see]|was drawn|stands) (only|just|solely|exclusively|uniquely|merely) (in|on"
        "|within) the {which} (image|picture|photo|one|drawing|scene|shot)?",
        "(What|Which [thing]|Which one|What [thing]) (is|can be found|appears|exists|is [shown]|do you [see]) in the"
        " {which} (image|picture|photo|one|drawing), (but|and|yet|though) (not|never|nowhere) in the other(| one|"
        " image| picture)?",
        "[tell] (what|which [thing]|the [thing] that|which one|what [thing]) (is|appears|can be found|exists|is"
        " [shown]|you [see]) (only|just|solely|exclusively) in the {which} (image|picture|photo|one|drawing)(.|)",
        "[tell] (what|which [thing]|the [thing] that) (is|appears|exists|is [shown]) in the {which} (image|picture"
        "|one), but not in the other(.|)",
        "[tell] (what|which [thing]|the [thing] that) (the {which} image|the {which} one|the {which} picture) (has"
        "|shows|contains|holds|offers|adds|brings) (that the other has not|that the other does not|alone|in addition"
        "|but the other does not|and the other lacks|more than the other|on top|extra)(.|)",
        "[can] (say|name|tell me|tell|find|see|describe|identify|point out|give) (what|which [thing]|the [thing]"
        " that) is only in the {which} (image|picture|one)(?|.)",
        "(What|Which [thing]) (does|can) (only|just) the {which} (image|picture|one|photo) [show]?",
        "(What|Which [thing]) does the {which} (image|picture|one|photo) (alone |)(add|bring|have in addition|show"
        " in addition|have extra|show more than the other|hold that is not in the other|contain that the other lacks"
        "|have on top)?",
        "(Compare|Comparing|When you compare|If you compare|Look at) [both] [images](: |, |. )(what|which [thing])"
        " is (only|just) in the {which}(| one| image)?",
        "[both] [images](: | - |, |. )(what|which [thing]) is (only|just) in the {which}(| one| image)?",
        "Only (in|on|within) the {which} (image|picture|one)(: | - |, |? )(what is it|which [thing]|name it|what"
        "|what do you [see]|which one|describe it)(?||.)",
        "(What|Which [thing]) (is|was) (new|extra|added|additional|special|more|different|unique|particular|the"
        " extra one|the new one|the addition) (in|on|to) the {which} (image|picture|one)?",
        "(What|Which [thing]) (is missing|is absent|is lacking|is not [shown]|cannot be found|does not appear|is not"
        " there|has no place) in the other (image|picture|one)(,| and| but) (is in|but is in|yet is in|appears in"
        "|belongs to|comes with) the {which}(| one| image)?",
        "(What|Which [thing]) does the other (image|picture|one) (lack|miss|not have|not show|leave out) (that"
        "|which) the {which} (one |image |)(has|shows|contains)?",
        "(Find|Spot|Identify|Name|Point out|Describe|Pick|Locate|Choose|Caption|Give|Report|Write down) the (extra"
        "|additional|new|unique|odd|added|special|one) [thing] (in|of|on|from) the {which} (image|picture|one)(.|)",
        "(Find|Spot|Identify|Name|Point out|Describe|Pick|Locate|Caption|Give|Report) (what|the [thing] that)"
        " (belongs|is limited|is confined|is special|is unique|is exclusive) to the {which} (image|picture|one)(.|)",
        "(What|Which [thing]) (belongs|is limited|is confined|is special|is unique|is exclusive) to the {which}"
        " (image|picture|one)?",
        "(Leave out|Forget|Skip|Remove|Without) what (is in both|both have|they share|they have in common)(: |, |."
        " )(what|which [thing]) (is|remains|stays|is left) in the {which}(| image| one)?",
        "I (want|need|would like) to know what is only in the {which} (image|picture|one).",
        "The {which} (image|picture|one) (has|shows|contains) (what|which [thing]) (that the other has not|more than"
        " the other|alone|only)?",
        "Which [thing] is not (shared|common|in both): it is in the {which} (image|one) only?",
        "There is (a|one) [thing] only in the {which} (image|one)(. |: |, )(What is it|Which|Name it|Describe it"
        "|Which one)(?|.)",
        "(What|Which [thing]) would (I|you|one) find only in the {which} (image|one|picture)?",
        "The {which} (image|one|picture), not the other(: |, |. )(what|which [thing]) (is only there|is just there"
        "|is in it alone)?",
    ),
    (
        "Which shape is only in the {which} image?", "What can be seen only in the {which} image?",
        "What sets the {which} picture apart from the other?",
    ),
)  # fmt: skip  # fmt: skip
ONE = Wordings(
    (
        "What is in the {which} image?", "Describe the {which} image.", "Caption the {which} image.",
        "What does the {which} image show?", "Describe only the {which} picture.",
        "(What is|What do you see|What can be seen|What is shown|What is there) in the {which} (image|picture|photo)?",
        "(Describe|Caption|Summarize)( only| just|) the {which} (image|picture|photo|one).",
        "What does the {which} (image|picture|photo|one) (show|contain|depict|have)?",
        "(Write|Give|Make|Provide) a (caption|description) (for|of) the {which} (image|picture|photo).",
        "(Say|Tell me|Name|Write) what (is in|is shown in|you see in) the {which} (image|picture|photo).",
        "The {which} (image|picture)(: what is in it|, please|: describe it|)?",
        "(Look at|Take) the {which} (image|picture) and (describe|caption) it.",
        "(Which shapes|Which objects|What shapes) are in the {which} (image|picture)?",
        "[describe] (the {which}|only the {which}|just the {which}|the {which} of the two|the {which} of them)"
        " (image|picture|photo|one|drawing|scene|shot)(.|!|| only.| for me.| briefly.| in short.| and not the other."
        "| alone.)",
        "[can] ([describe]|tell me about|say what is in|tell me what is in|show me what is in|write down what is in)"
        " the {which} (image|picture|photo|one|drawing)(?|.)",
        "[tell] what (is|is [shown]|there is|you [see]|can be seen|appears|was drawn) (in|on|within) the {which}"
        " (image|picture|photo|one|drawing|scene)(.|)",
        "[tell] what the {which} (image|picture|photo|one|drawing) (shows|contains|depicts|presents|displays|holds"
        "|is about)(.|)",
        "(What|What exactly|And what|Which [things]|Which [thing]) (is|are|do you [see]|can be found|appears|was"
        " drawn|can you [see]|is there|are there|are [shown]|is [shown]) (in|on|within) the {which} (image|picture"
        "|photo|one|drawing|scene|shot)?",
        "What does the {which} (image|picture|photo|one|drawing) [show]?",
        "[give] (a|one|the|just a) (caption|description|title|label|sentence|summary|line)(| only) (for|of|about|on)"
        " the {which} (image|picture|photo|one|drawing)(.|, please.|!|)",
        "(The|Just the|Only the) {which} (image|picture|photo|one|drawing)(: | - |, |? |. )(what is it|what is in it"
        "|what do you [see]|describe it|caption it|caption, please|what is there|caption|description|in words|what"
        " does it show|what is [shown])(?||.)",
        "(Look at|Take|Consider|Regard|See|Turn to|Use|Go to|Open|Study|Focus on|Concentrate on|Think of) (only "
        "|just |)the {which} (image|picture|photo|one)(: |, |. | and |; )([describe] it|tell me what you [see]|say"
        " what is there|what do you [see]|what is [shown]|caption it)(?|.|)",
        "(Forget|Skip|Leave out|Do not mind|Never mind|Disregard|Do not look at|Not) the other (image|one|picture)(:"
        " |, |. | and |; )([describe] the {which}|what is in the {which}|caption the {which}|what does the {which}"
        " show)(| one| image)(?|.|)",
        "(Of|Among|From|Out of) [both] [images], (describe|caption|take|what is in) the {which}(| one)(.|?|)",
        "(Caption|Description|Title|Content|Summary|Label)(: | of | for | - )the {which} (image|picture|photo|one)(."
        "||:|, please.)",
        "(Regarding|About|Concerning|As for|Considering|Now to) the {which} (image|picture|one)(, |: )(what do you"
        " [see]|what is there|describe it|what is [shown])(?|.)",
        "I (want|need|would like) to know what is in the {which} (image|picture|one).",
        "(Put|Turn|Translate|Convert) the {which} (image|picture|one) into (words|a sentence|a caption|text)(.|)",
        "In the {which} (image|picture|one)(, |: )(what is there|what do you [see]|what is [shown]|what can be seen)?",
        "(How would you|How do you|How can one) ([describe]|caption) the {which} (image|picture|one)?",
        "{which} (image|picture|one)(: what is it?|?|, please.|: caption|: what do you see?|: description|)",
    ),
    (
        "What can you see in the {which} image?", "Ignore one of the images and describe the {which}.",
    ),
)  # fmt: skip  # fmt: skip
BOTH = Wordings(
    (
        "Describe both images.", "Caption both images.", "Describe the two images.", "What is in the two images?",
        "(Describe|Caption|Summarize) (both|the two|these two|these|both of the|each of the) (images|pictures"
        "|photos).",
        "What (is|do you see|is shown|is there) in (both|the two|these two|these|each of the) (images|pictures"
        "|photos)?",
        "What do (both|the|these|these two) (images|pictures|photos) (show|contain|depict)?",
        "(Write|Give|Make|Provide) (a caption|a description|one caption) (for|of) (each|each image|each picture|both"
        " images|both pictures).",
        "(Say|Tell me|Write|Name) what (both|the two) (images|pictures) show.",
        "(Describe|Caption) (each|each image|each picture|the first and the second image|one image after the other"
        "|one after the other).",
        "(Captions|Descriptions) (for|of) both(, please| images|:)",
        "[describe] [both] [images](.|!|| for me.| briefly.| in order.| one by one.| in turn.| separately.| please.|"
        " in short.| in one go.)",
        "[describe] (each|every|each one|every one)(| of the two| of them| of these| of the [images]| image|"
        " picture)(.|!|| in turn.| separately.| for itself.| on its own.)",
        "[can] ([describe]|caption|tell me about|say what is in|tell me what is in) [both] [images](?|.)",
        "[tell] what (is|is [shown]|there is|you [see]|can be seen|appears) in ([both] [images]|each of them|each"
        " image|each picture|the first and in the second|both of them)(.|)",
        "[tell] what ([both] [images]|each of them|each image|the first and the second image) (show|shows|contain"
        "|contains|depict|depicts|hold|present)(.|)",
        "(What|What exactly|And what|Which [things]) (is|are|do you [see]|can be found|appears|can you [see]|is"
        " there|are [shown]|is [shown]) in ([both] [images]|each of them|each image|each of the two|the first and in"
        " the second|both)?",
        "What (do|does) ([both] [images]|each image|each of them|each of the two|both) [show]?",
        "[give] (a caption|a description|captions|descriptions|two captions|one sentence|a title|labels|a line) (for"
        "|of|about|on) ([both] [images]|each of them|each image|each one|every picture|the first and the second"
        "|both)(.|, please.|!|)",
        "[both] [images](: | - |, |? |. )(what is in them|describe them|caption them|captions, please|what do they"
        " show|what do you [see]|captions|descriptions|in words|describe both|what is in each)(?||.)",
        "(Look at|Take|Consider|See|Study|Here are|Inspect|View) [both] [images](: |, |. | and |; )(describe them"
        "|describe both|caption both|say what they show|tell me what you [see]|what is in each|caption each|describe"
        " each)(?|.|)",
        "(First|Start with|Begin with|Describe|Caption)( describe| caption|) the first(| image| one| picture)(, then"
        "|, and then| and|, afterwards|, after that|, next)( describe| caption|) the second(| image| one| picture)(."
        "|)",
        "(Captions|Descriptions|A caption|Two captions|Labels|Titles)(: | of | for | - )([both] [images]|both|each"
        "|each image|the two)(.||:|, please.)",
        "What is in the first (and what in|and what is in|and in) the second(| image| one| picture)?",
        "I (want|need|would like) to know what is in ([both] [images]|both|each of them).",
        "(Put|Turn|Translate|Convert) [both] [images] into (words|sentences|captions|text)(.|)",
        "(How would you|How do you|How can one) ([describe]|caption) [both] [images]?",
        "(The first|One): what's in it? (The second|Two): what's in it?",
        "(Both|Both images|Both pictures|Each image|The two)(: what is it?|?|, please.|: caption|: what do you see?"
        "|: describe|: captions)",
    ),
    (
        "What do the two images show?", "Go through the images and describe every one.",
    ),
)  # fmt: skip  # fmt: skip
