"""How people compare two pictures; see ask.Wordings for what the brackets mean."""

from demo_model.ask import Wordings

LARGER = Wordings(
    (
        "Which image has the larger shape?", "Which is larger?", "In which image is the shape larger?",
        "Which picture shows the larger shape?", "Which of the two shapes is larger?", "Where is the shape larger?",
        "(Which|What) (image|picture|photo) (has|shows|contains) the (larger|bigger) (shape|object|thing|one)?",
        "In which (image|picture|photo) is the (shape|object|thing) (larger|bigger)?",
        "(Which|Which one|Which image|Which picture|Which of the two|Which shape) is (larger|bigger)?",
        "Where is the (shape|object|thing|figure) (larger|bigger)?",
        "(Which|Which one) of the two (shapes|objects|images|pictures) is (larger|bigger)?",
        "(Where do you see|Where is|Find|Name the image with) the (larger|bigger) (shape|object|one)?",
        "Is the (larger|bigger) shape in the first or the second (image|picture)?",
        "(Larger|Bigger): first or second?",
        "(Tell me|Say) which (image|picture) (has|shows) the (larger|bigger) shape.",
        "(Which|What|And which|So which|In your view, which|Of the two, which) (image|picture|photo|one|drawing"
        "|scene|shot) (has|shows|contains|holds|includes|displays|presents|depicts|is the one with|comes with"
        "|features) the (larger|larger|bigger|bigger|largest|biggest|greater|huger|more large) [thing] (||, the"
        " first or the second|: first or second|, first or second)?",
        "[tell] (which|in which|where) (image|picture|photo|one|of the two) (has|shows|contains|is the one with"
        "|displays) the (larger|larger|bigger|bigger|largest|biggest|greater|huger|more large) [thing](.|)",
        "[tell] (which [thing] is|which one is|which of the two is|where the [thing] is|which of the [things] is|in"
        " which [image] the [thing] is) (larger|larger|bigger|bigger|largest|biggest|greater|huger|more large)(.|)",
        "[can] (say|tell me|tell|see|find|decide|judge|determine|point out|name) (which [thing] is|which one is"
        "|which of the two is|where the [thing] is|in which [image] the [thing] is) (larger|larger|bigger|bigger"
        "|largest|biggest|greater|huger|more large)(?|.)",
        "(First or second|The first or the second|One or two|The first one or the second one|First image or second"
        " image|Is it the first or the second|Left one or right one)(: |? |, )(which|which one|where) (is|has) (the"
        "|a|) (larger|larger|bigger|bigger|largest|biggest|greater|huger|more large) [thing]?",
        "(Where|In which one|In which of them|In which of the two|On which one|On which [image]) (is|do you [see]"
        "|can I find|would you find|appears|is [shown]) the (larger|larger|bigger|bigger|largest|biggest|greater"
        "|huger|more large) [thing]?",
        "The (larger|larger|bigger|bigger|largest|biggest|greater|huger|more large) [thing](: | - |, |? )(first or"
        " second|where|which image|which one|in which image|which picture|in the first or in the second|is in which"
        " image|where is it)(?||.)",
        "(Compare|Comparing|When you compare|If you compare|Look at|Judge|Measure) [both] [images](: |, |. )(where"
        "|in which|which) (is the [thing]|one is|is|has the [thing]) (larger|larger|bigger|bigger|largest|biggest"
        "|greater|huger|more large)?",
        "[both] [images](: | - |, |. )(which is|where is the [thing]|which [thing] is|which one is|which has the"
        " [thing] that is|who has the) (larger|larger|bigger|bigger|largest|biggest|greater|huger|more large)?",
        "(Which|Which one|Which of them|Which of both|Which of these|Which of those|Which of the two [things]|Which"
        " [thing]|Whose [thing]) (is|looks|seems|appears|turns out|would you call|do you find) (the |)(larger|larger"
        "|bigger|bigger|largest|biggest|greater|huger|more large)?",
        "(Find|Pick|Choose|Select|Point out|Identify|Locate|Mark|Determine|Spot|Take|Indicate|Show me) the (image"
        "|one|picture) (with|that has|that shows|containing|which holds|showing) the (larger|larger|bigger|bigger"
        "|largest|biggest|greater|huger|more large) [thing](.|)",
        "(Find|Pick|Choose|Select|Point out|Identify|Locate|Mark|Spot) the (larger|larger|bigger|bigger|largest"
        "|biggest|greater|huger|more large) (one|[thing])(: first or second?|. First or second?|. Where is it?|. In"
        " which image is it?|.)",
        "Is the [thing] (larger|larger|bigger|bigger|largest|biggest|greater|huger|more large) in the first or (in "
        "|)the second(| image| one| picture)?",
        "(Does|Has) the first or the second (image|one|picture) (have|show|contain|hold|got) the (larger|larger"
        "|bigger|bigger|largest|biggest|greater|huger|more large) [thing]?",
        "Of [both] [things], which is (larger|larger|bigger|bigger|largest|biggest|greater|huger|more large)?",
        "(In|By|Going by) size, which [thing] is (larger|larger|bigger|bigger|largest|biggest|greater|huger|more"
        " large)?",
        "(Tell|Say|Answer|Reply|Write)(:|) first or second(: |, |. )(which is|where is the|which has the) (larger"
        "|larger|bigger|bigger|largest|biggest|greater|huger|more large)( one| [thing]|)?",
        "I (want|need|would like) to know (which|where|in which image) (one|the [thing]|it) is (larger|larger|bigger"
        "|bigger|largest|biggest|greater|huger|more large).",
        "The [thing] is (larger|larger|bigger|bigger|largest|biggest|greater|huger|more large) in which (image|one"
        "|picture)?",
        "(larger|larger|bigger|bigger|largest|biggest|greater|huger|more large)(?|: which one?|: which?|, first or"
        " second?| one?|: where?)",
    ),
    (
        "Which image shows the larger object?", "Which one is larger?", "Compare the two shapes: which is bigger?",
    ),
)  # fmt: skip  # fmt: skip
SMALLER = Wordings(
    (
        "Which image has the smaller shape?", "Which is smaller?", "In which image is the shape smaller?",
        "Which picture shows the smaller shape?", "Where is the shape smaller?",
        "(Which|What) (image|picture|photo) (has|shows|contains) the smaller (shape|object|thing|one)?",
        "In which (image|picture|photo) is the (shape|object|thing) smaller?",
        "(Which|Which one|Which image|Which picture|Which of the two|Which shape) is smaller?",
        "Where is the (shape|object|thing|figure) smaller?",
        "(Which|Which one) of the two (shapes|objects|images|pictures) is smaller?",
        "(Where do you see|Where is|Find|Name the image with) the smaller (shape|object|one)?",
        "Is the smaller shape in the first or the second (image|picture)?", "Smaller: first or second?",
        "(Tell me|Say) which (image|picture) (has|shows) the smaller shape.",
        "(Which|What|And which|So which|In your view, which|Of the two, which) (image|picture|photo|one|drawing"
        "|scene|shot) (has|shows|contains|holds|includes|displays|presents|depicts|is the one with|comes with"
        "|features) the (smaller|smaller|smaller|smallest|littler|less large|lesser|more small) [thing] (||, the"
        " first or the second|: first or second|, first or second)?",
        "[tell] (which|in which|where) (image|picture|photo|one|of the two) (has|shows|contains|is the one with"
        "|displays) the (smaller|smaller|smaller|smallest|littler|less large|lesser|more small) [thing](.|)",
        "[tell] (which [thing] is|which one is|which of the two is|where the [thing] is|which of the [things] is|in"
        " which [image] the [thing] is) (smaller|smaller|smaller|smallest|littler|less large|lesser|more small)(.|)",
        "[can] (say|tell me|tell|see|find|decide|judge|determine|point out|name) (which [thing] is|which one is"
        "|which of the two is|where the [thing] is|in which [image] the [thing] is) (smaller|smaller|smaller"
        "|smallest|littler|less large|lesser|more small)(?|.)",
        "(First or second|The first or the second|One or two|The first one or the second one|First image or second"
        " image|Is it the first or the second|Left one or right one)(: |? |, )(which|which one|where) (is|has) (the"
        "|a|) (smaller|smaller|smaller|smallest|littler|less large|lesser|more small) [thing]?",
        "(Where|In which one|In which of them|In which of the two|On which one|On which [image]) (is|do you [see]"
        "|can I find|would you find|appears|is [shown]) the (smaller|smaller|smaller|smallest|littler|less large"
        "|lesser|more small) [thing]?",
        "The (smaller|smaller|smaller|smallest|littler|less large|lesser|more small) [thing](: | - |, |? )(first or"
        " second|where|which image|which one|in which image|which picture|in the first or in the second|is in which"
        " image|where is it)(?||.)",
        "(Compare|Comparing|When you compare|If you compare|Look at|Judge|Measure) [both] [images](: |, |. )(where"
        "|in which|which) (is the [thing]|one is|is|has the [thing]) (smaller|smaller|smaller|smallest|littler|less"
        " large|lesser|more small)?",
        "[both] [images](: | - |, |. )(which is|where is the [thing]|which [thing] is|which one is|which has the"
        " [thing] that is|who has the) (smaller|smaller|smaller|smallest|littler|less large|lesser|more small)?",
        "(Which|Which one|Which of them|Which of both|Which of these|Which of those|Which of the two [things]|Which"
        " [thing]|Whose [thing]) (is|looks|seems|appears|turns out|would you call|do you find) (the |)(smaller"
        "|smaller|smaller|smallest|littler|less large|lesser|more small)?",
        "(Find|Pick|Choose|Select|Point out|Identify|Locate|Mark|Determine|Spot|Take|Indicate|Show me) the (image"
        "|one|picture) (with|that has|that shows|containing|which holds|showing) the (smaller|smaller|smaller"
        "|smallest|littler|less large|lesser|more small) [thing](.|)",
        "(Find|Pick|Choose|Select|Point out|Identify|Locate|Mark|Spot) the (smaller|smaller|smaller|smallest|littler"
        "|less large|lesser|more small) (one|[thing])(: first or second?|. First or second?|. Where is it?|. In"
        " which image is it?|.)",
        "Is the [thing] (smaller|smaller|smaller|smallest|littler|less large|lesser|more small) in the first or (in "
        "|)the second(| image| one| picture)?",
        "(Does|Has) the first or the second (image|one|picture) (have|show|contain|hold|got) the (smaller|smaller"
        "|smaller|smallest|littler|less large|lesser|more small) [thing]?",
        "Of [both] [things], which is (smaller|smaller|smaller|smallest|littler|less large|lesser|more small)?",
        "(In|By|Going by) size, which [thing] is (smaller|smaller|smaller|smallest|littler|less large|lesser|more"
        " small)?",
        "(Tell|Say|Answer|Reply|Write)(:|) first or second(: |, |. )(which is|where is the|which has the) (smaller"
        "|smaller|smaller|smallest|littler|less large|lesser|more small)( one| [thing]|)?",
        "I (want|need|would like) to know (which|where|in which image) (one|the [thing]|it) is (smaller|smaller"
        "|smaller|smallest|littler|less large|lesser|more small).",
        "The [thing] is (smaller|smaller|smaller|smallest|littler|less large|lesser|more small) in which (image|one"
        "|picture)?",
        "(smaller|smaller|smaller|smallest|littler|less large|lesser|more small)(?|: which one?|: which?|, first or"
        " second?| one?|: where?)",
    ),
    (
        "Which image shows the smaller object?", "Compare the two shapes: which is tinier?",
    ),
)  # fmt: skip  # fmt: skip
MORE = Wordings(
    (
        "Which image shows more shapes?", "Which image has more objects?", "Where are more shapes?",
        "Which picture has more shapes?",
        "(Which|What) (image|picture|photo) (has|shows|contains|holds) (more|the most) (shapes|objects|things"
        "|figures)?",
        "(In which|On which) (image|picture|photo) are (there |)more (shapes|objects|things)?",
        "Where (are|do you see|are there) more (shapes|objects|things)?",
        "Which (one |of the two |of the two images |)(has|shows|contains) more (shapes|objects|things)?",
        "(Tell me|Say) which (image|picture) (has|shows) more (shapes|objects).",
        "More (shapes|objects): first or second?", "Which (image|picture) is (fuller|the fuller one)?",
        "(Which|What|And which|So which|Of the two, which|In your view, which) (image|picture|photo|one|drawing"
        "|scene|shot|of them|of the two|of both) (has|shows|contains|holds|includes|displays|presents|depicts|comes"
        " with|features|offers|counts) (more|the most|the greater number of|a greater number of|a larger number of"
        "|the higher number of|more of the) [things](|, the first or the second)?",
        "[tell] (which|which one|which image|which picture|which of the two) (has|shows|contains|holds|displays"
        "|includes) (more|the most|a larger number of) [things](.|)",
        "[tell] (where|in which image|in which one) (there are|you [see]|are|I find) more [things](.|)",
        "[can] (say|tell me|tell|see|find|decide|judge|determine|count) (which image has|where there are|in which"
        " [image] there are|which one shows) more [things](?|.)",
        "(First or second|The first or the second|One or two|Is it the first or the second)(: |? |, )(which|which"
        " one|who|which image) has more [things]?",
        "(Where|In which one|In which of them|In which of the two|On which one) (are|do you [see]|can I find|are"
        " there|are [shown]|do you count|can you count) (more|the most) [things]?",
        "More [things](: | - |, |? )(first or second|where|which image|which one|in which image|which picture|in the"
        " first or in the second)(?||.)",
        "(Count|Count the [things] in|Compare|Look at|Add up|Counting|Comparing) [both] [images](: |, |. )(where are"
        "|which has|which one has|which shows|where do you [see]) more(| [things])?",
        "[both] [images](: | - |, |. )(which has|where are|which shows|which one has|which holds) more [things]?",
        "(Find|Pick|Choose|Select|Point out|Identify|Locate|Mark|Determine|Spot|Indicate|Name) the (image|one"
        "|picture) (with|that has|that shows|containing|which holds|showing) (more|the most) [things](.|)",
        "Are there more [things] in the first or (in |)the second(| image| one| picture)?",
        "(Does|Has) the first or the second (image|one|picture) (have|show|contain|hold|got) more [things]?",
        "(In|By|Going by) number, which (image|one) has more(| [things])?",
        "I (want|need|would like) to know (which|which image|where|in which image) (has|are|there are|shows) more"
        " [things].",
        "(Which|Which one|Which image|What image) is (the |)(fuller|more crowded|busier|more filled|richer|most"
        " crowded)(| one| image| of the two)?",
        "The (greater|higher|larger|bigger) number of [things] is in which (image|one|picture)?",
        "More [things] are in which (image|one|picture)?", "(Where|Which image has|Which one has) (more|the most)?",
    ),
    (
        "Which image contains more shapes?", "Compare how many shapes there are: which image wins?",
    ),
)  # fmt: skip  # fmt: skip
SAME = Wordings(
    (
        "Do both images show the same?", "Are the two images the same?", "Is the same object in both images?",
        "Do the two pictures show the same shape?",
        "Are (the two|both|these two|the) (images|pictures|photos|shapes|objects) (the same|equal|alike|identical)?",
        "Do (the two|both|these|these two) (images|pictures|photos) (show|contain|have) the same (shape|object|one"
        "|figure)?",
        "Is (the same|the very same|one and the same) (object|shape|thing) (in|on) (both|the two) (images|pictures"
        "|photos)?",
        "(Same or not|Yes or no: same shape|Yes or no: are they the same|Is it the same|Is it the same shape|Are"
        " they the same|Are they equal|The same)?",
        "(Tell me|Say|Check) (if|whether) (both|the two) (images|pictures) show the same.",
        "Do both show the same (shape|object|thing)?",
        "(Are|Would you call|Do you find|Would you say) [both] [images] (the same|equal|alike|identical|equivalent"
        "|similar|one and the same|just the same|a match|matching|twins)?",
        "(Is|Are) (it|they|these|those|the two|both|the [things]|both [things]) (the same|equal|alike|identical|one"
        " and the same|just the same|a match|the same one|the same kind)(| in both| twice| in [both] [images])?",
        "(Do|Would|Could|Might|Will) [both] [images] (show|contain|have|hold|depict|present|display|include|share"
        "|feature|give) (the same|the very same|one and the same|an identical|equal|a common|identical|matching)"
        " ([thing]|[things])?",
        "(Does|Has|Is) the (first|second) (image|one|picture) (show|contain|have|got|equal to|the same as|like"
        "|match) (the same [thing] as |the same as |)the other(| one| image)?",
        "[tell] (if|whether) (they|[both] [images]|the [things]|both [things]) (are the same|are equal|are alike|are"
        " identical|match|agree|show the same|have the same [thing]|coincide|are one and the same)(.|)",
        "[can] (say|tell me|tell|check|see|verify|confirm|judge|decide|find out) (if|whether) (they|[both] [images]"
        "|the [things]) (are the same|are equal|are identical|match|show the same)(?|.)",
        "(Check|Verify|Compare and say|Test|Find out|Look|Determine|Judge|Decide|Examine) (if|whether) (they|[both]"
        " [images]|the [things]) (are the same|are equal|are alike|match|agree|show the same)(.|)",
        "(Yes or no|True or false|Answer yes or no|Say yes or no)(: |, |. |? )(they are the same|are they equal|the"
        " same|equal|identical|alike|a match|both show the same|the [things] are the same|same [thing] in both|the"
        " two are equal|is it the same [thing])(?|.|)",
        "(Compare|Comparing|When you compare|If you compare|Look at) [both] [images](: |, |. )(are they the same|is"
        " it the same|equal or not|same or not|do they match|do they agree|are they alike|identical)?",
        "[both] [images](: | - |, |. )(same|equal|the same or not|are they the same|do they match|identical|alike|is"
        " it one [thing])?",
        "(Same|Equal|Identical|Alike|A match|Matching|Similar|Twice the same|The same twice|Identical or not|Equal"
        " or not|Same or different|Equal or different)(?| [things]?| or not?|, yes or no?)",
        "(Do|Does) (they|the [things]|both|the two|these) (match|agree|coincide|look the same|look alike|look equal"
        "|correspond|show the same|equal each other|seem the same)?",
        "Is (the [thing]|what is [shown]|what you [see]) in the (first|second) (image|one) (also|again|too) in the"
        " (other|other one|other image)?",
        "Is (the same|one and the same|the very same|an equal|an identical) [thing] (shown|drawn|pictured|seen|used"
        "|found|repeated) (twice|in both|on both|in each|both times|again)?",
        "(Is it true|Is it right|Is it correct|Would you agree|Do you think|Would you say) that (they|both [images]"
        "|the two [images]) (are the same|show the same|are equal|match)?",
        "I (want|need|would like) to know (if|whether) (they|both [images]) (are the same|show the same|are equal).",
        "Have [both] [images] (the same|an equal|one common) [thing]?",
        "(Did|Have) they (draw|drawn|show|shown) the same [thing] (twice|both times|again|in both)?",
    ),
    (
        "Do the images show the same thing?", "Is there no difference between the two?",
    ),
)  # fmt: skip  # fmt: skip
