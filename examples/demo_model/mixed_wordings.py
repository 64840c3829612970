"""How people ask about a picture with a recording; see ask.Wordings for what the brackets mean."""

from demo_model.ask import Wordings

NAMED = Wordings(
    (
        "Is the spoken shape in the image?", "Does the image show what the speaker says?",
        "Is there what the speaker names?", "Do you see the spoken shape in the picture?",
        "(Is|Can you find|Do you see|Can you see|Is there) (the spoken shape|the named shape|the spoken object|what"
        " the speaker says|what the voice names|what is said|what you hear|the thing that is said) (in (this|the)"
        " (image|picture|photo)|there|here|in it)?",
        "Does (this|the) (image|picture|photo) (show|contain|have|include) (what the speaker says|what the speaker"
        " names|what is said|what you hear|the spoken shape|the spoken object|the named shape)?",
        "Are (the spoken words|the words|the speaker's words) (true|right) (of|for) (this|the) (image|picture|photo)?",
        "Yes or no: (is the spoken shape|is what you hear|is what is said) in (this|the) (image|picture|photo)?",
        "(Say|Tell me|Check) (if|whether) (the spoken shape is|what the speaker names is|what you hear is) in the"
        " (image|picture).",
        "(Is|Do you see) (what the speaker names|what the recording names|what the audio says) in (this|the)"
        " (picture|photo)?",
        "(Is|Can you find|Do you [see]|Can I see|Is there|Do we have|Can one find|Have they drawn|Would one find)"
        " (what the [speaker] says|what the [speaker] names|what is [said]|what you [hear]|the spoken [thing]|the"
        " named [thing]|the [thing] that is [said]|the [thing] you [hear]|the [thing] the [speaker] names|the"
        " mentioned [thing]|what the words name|what the words mean|what [this] [audio] names|the announced [thing]"
        "|what was mentioned) [here]?",
        "(Does|Might|Could|Will) [this] [image] [show] (what the [speaker] says|what the [speaker] names|what is"
        " [said]|what you [hear]|the spoken [thing]|the named [thing]|the [thing] that is [said]|the [thing] you"
        " [hear]|the [thing] the [speaker] names|the mentioned [thing]|what the words name|what the words mean|what"
        " [this] [audio] names|the announced [thing]|what was mentioned)?",
        "(Is|Was) (what the [speaker] says|what the [speaker] names|what is [said]|what you [hear]|the spoken"
        " [thing]|the named [thing]|the [thing] that is [said]|the [thing] you [hear]|the [thing] the [speaker]"
        " names|the mentioned [thing]|what the words name|what the words mean|what [this] [audio] names|the"
        " announced [thing]|what was mentioned) [shown] [here]?",
        "(Yes or no|True or false|Answer yes or no|Say yes or no)(: |, |. |? )(is there |do you see |does the image"
        " show |)(what the [speaker] says|what the [speaker] names|what is [said]|what you [hear]|the spoken [thing]"
        "|the named [thing]|the [thing] that is [said]|the [thing] you [hear]|the [thing] the [speaker] names|the"
        " mentioned [thing]|what the words name|what the words mean|what [this] [audio] names|the announced [thing]"
        "|what was mentioned) [here](?|.|)",
        "[tell] (if|whether) (you [see]|[this] [image] [shows]|there is|one can find) (what the [speaker] says|what"
        " the [speaker] names|what is [said]|what you [hear]|the spoken [thing]|the named [thing]|the [thing] that"
        " is [said]|the [thing] you [hear]|the [thing] the [speaker] names|the mentioned [thing]|what the words name"
        "|what the words mean|what [this] [audio] names|the announced [thing]|what was mentioned)(.|)",
        "[tell] (if|whether) (what the [speaker] says|what the [speaker] names|what is [said]|what you [hear]|the"
        " spoken [thing]|the named [thing]|the [thing] that is [said]|the [thing] you [hear]|the [thing] the"
        " [speaker] names|the mentioned [thing]|what the words name|what the words mean|what [this] [audio] names"
        "|the announced [thing]|what was mentioned) (is|is there|is [shown]|can be seen) [here](.|)",
        "[can] (check|say|tell me|verify|confirm|find out|see) (if|whether) (what the [speaker] says|what the"
        " [speaker] names|what is [said]|what you [hear]|the spoken [thing]|the named [thing]|the [thing] that is"
        " [said]|the [thing] you [hear]|the [thing] the [speaker] names|the mentioned [thing]|what the words name"
        "|what the words mean|what [this] [audio] names|the announced [thing]|what was mentioned) is [here](?|.)",
        "(Check|Verify|Confirm|Find out|Look|Compare) (if|whether) (what the [speaker] says|what the [speaker] names"
        "|what is [said]|what you [hear]|the spoken [thing]|the named [thing]|the [thing] that is [said]|the [thing]"
        " you [hear]|the [thing] the [speaker] names|the mentioned [thing]|what the words name|what the words mean"
        "|what [this] [audio] names|the announced [thing]|what was mentioned) (is [shown]|is there|is in [this]"
        " [image]|can be found)(.|)",
        "(Do|Would|Could) (the words|the spoken words|the words of the [speaker]|[this] [audio] and [this] [image]"
        "|the image and the recording|sound and image|the two) (match|agree|fit|fit together|go together|match"
        " [this] [image]|fit [this] [image]|describe [this] [image]|belong together|correspond)?",
        "(Does|Is) (what is [said]|what you [hear]|[this] [audio]|the [speaker]|what the [speaker] says) (true of"
        "|right about|match|fit|agree with|correct for|describe) [this] [image]?",
        "(Is the [speaker]|Is he|Is she|Is the voice) (right|correct|telling the truth|not wrong)( about [this]"
        " [image]|)?",
        "(Listen|Listen well|Hear the words)(. |: |, | and )(is (it|that) [shown]|is it [here]|do you [see] it|is it"
        " there|can you find it|look for it)(?|.)",
        "(Look for|Search for|Find|Seek|Spot) (what the [speaker] says|what the [speaker] names|what is [said]|what"
        " you [hear]|the spoken [thing]|the named [thing]|the [thing] that is [said]|the [thing] you [hear]|the"
        " [thing] the [speaker] names|the mentioned [thing]|what the words name|what the words mean|what [this]"
        " [audio] names|the announced [thing]|what was mentioned) [here](. |: |, )(Is it there|Is there one|There or"
        " not|Do you see it|Present)(?|)",
        "(what the [speaker] says|what the [speaker] names|what is [said]|what you [hear]|the spoken [thing]|the"
        " named [thing]|the [thing] that is [said]|the [thing] you [hear]|the [thing] the [speaker] names|the"
        " mentioned [thing]|what the words name|what the words mean|what [this] [audio] names|the announced [thing]"
        "|what was mentioned)(: |, |? | - )(is it there|do you [see] it|is it [shown]|present or not|there or not"
        "|yes or no)(?|)",
        "I (want|need|would like) to know (if|whether) (what the [speaker] says|what the [speaker] names|what is"
        " [said]|what you [hear]|the spoken [thing]|the named [thing]|the [thing] that is [said]|the [thing] you"
        " [hear]|the [thing] the [speaker] names|the mentioned [thing]|what the words name|what the words mean|what"
        " [this] [audio] names|the announced [thing]|what was mentioned) is [here].",
        "Is (any|one) of the [things] (what the [speaker] says|what the [speaker] names|what is [said]|what you"
        " [hear]|the spoken [thing]|the named [thing]|the [thing] that is [said]|the [thing] you [hear]|the [thing]"
        " the [speaker] names|the mentioned [thing]|what the words name|what the words mean|what [this] [audio]"
        " names|the announced [thing]|what was mentioned)?",
    ),
    (
        "Is what the speaker names in the image?", "Can what is said be seen?",
    ),
)  # fmt: skip
COLOUR = Wordings(
    (
        "What color is the spoken shape?", "What is the color of the shape that the speaker names?",
        "Which color does the spoken shape have?",
        "(What|Which) (color|colour) (is|has) the (shape that is said|shape you hear|named shape|shape the speaker"
        " says|shape named by the speaker|shape in the recording|shape that is named|spoken object)?",
        "What (color|colour) is the (spoken shape|named shape|shape that the speaker names) in the (image|picture)?",
        "(Name|Say|Give|Tell me|State) the (color|colour) of the (spoken shape|named shape|shape you hear|shape that"
        " is said|shape the speaker names).",
        "What is the (color|colour) of the (spoken shape|named shape|shape you hear|shape that is said|spoken"
        " object)?",
        "(Listen. What|Listen to the shape. What) color (is it|does it have)?",
        "(What|Which) color does the (named shape|shape you hear|shape that is said|shape that the speaker names)"
        " have?",
        "(What|Which|And what|So which|What exactly is the) [color] (is|has|do you [see] on|was used for|belongs to"
        "|was given to) the (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you [hear]|[thing] the"
        " [speaker] names|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of [this] [audio]"
        "|[thing] which is [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]|[thing] that was"
        " mentioned|[thing] called out|heard [thing]|[thing] in the [audio]) [here]?",
        "[tell] (the [color] of the|which [color] has the|what [color] has the|which [color] is the) (spoken [thing]"
        "|named [thing]|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker] names|[thing] the [speaker]"
        " says|[thing] named in [this] [audio]|[thing] of [this] [audio]|[thing] which is [said]|[thing] from the"
        " [audio]|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing] called out|heard [thing]"
        "|[thing] in the [audio])(.|)",
        "[tell] (which|what) [color] the (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you [hear]"
        "|[thing] the [speaker] names|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of [this]"
        " [audio]|[thing] which is [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]|[thing] that"
        " was mentioned|[thing] called out|heard [thing]|[thing] in the [audio]) (is|has|comes in)(.|)",
        "[can] (say|name|tell me|give|see|determine|report|find) the [color] of the (spoken [thing]|named [thing]"
        "|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker] names|[thing] the [speaker] says|[thing]"
        " named in [this] [audio]|[thing] of [this] [audio]|[thing] which is [said]|[thing] from the [audio]"
        "|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in"
        " the [audio])(?|.)",
        "(What is|What's|Determine|Identify|I need|Report|Find) the [color] of the (spoken [thing]|named [thing]"
        "|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker] names|[thing] the [speaker] says|[thing]"
        " named in [this] [audio]|[thing] of [this] [audio]|[thing] which is [said]|[thing] from the [audio]"
        "|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in"
        " the [audio])(?|.|)",
        "The (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker] names"
        "|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of [this] [audio]|[thing] which is"
        " [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing]"
        " called out|heard [thing]|[thing] in the [audio])(: | - |, |? )(what|which) [color](?| is it?| has it?)",
        "[color](: | of | - | for )the (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you [hear]"
        "|[thing] the [speaker] names|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of [this]"
        " [audio]|[thing] which is [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]|[thing] that"
        " was mentioned|[thing] called out|heard [thing]|[thing] in the [audio])(|.|?)",
        "(Listen|Listen well|Hear the word|Listen to the [audio])(. |: |, | and )(what|which) [color] (is|has) (it"
        "|that [thing]|this [thing]|the [thing])?",
        "(Look for|Find|Search for|Take|Look at|Locate|Spot) the (spoken [thing]|named [thing]|[thing] that is"
        " [said]|[thing] you [hear]|[thing] the [speaker] names|[thing] the [speaker] says|[thing] named in [this]"
        " [audio]|[thing] of [this] [audio]|[thing] which is [said]|[thing] from the [audio]|mentioned [thing]"
        "|announced [thing]|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in the [audio])(. |:"
        " |, | and say )(what|which) [color] (is it|does it have|has it)(?|.)",
        "(Of|In|With) (what|which) [color] (is|was|do you see) the (spoken [thing]|named [thing]|[thing] that is"
        " [said]|[thing] you [hear]|[thing] the [speaker] names|[thing] the [speaker] says|[thing] named in [this]"
        " [audio]|[thing] of [this] [audio]|[thing] which is [said]|[thing] from the [audio]|mentioned [thing]"
        "|announced [thing]|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in the [audio])(|"
        " drawn| shown| filled)?",
        "The (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker] names"
        "|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of [this] [audio]|[thing] which is"
        " [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing]"
        " called out|heard [thing]|[thing] in the [audio]) (has|is of|is in|is drawn in|comes in) (what|which)"
        " [color]?",
        "I (want|need|would like) to know the [color] of the (spoken [thing]|named [thing]|[thing] that is [said]"
        "|[thing] you [hear]|[thing] the [speaker] names|[thing] the [speaker] says|[thing] named in [this] [audio]"
        "|[thing] of [this] [audio]|[thing] which is [said]|[thing] from the [audio]|mentioned [thing]|announced"
        " [thing]|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in the [audio]).",
        "(Regarding|About|Concerning|As for) the (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you"
        " [hear]|[thing] the [speaker] names|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of"
        " [this] [audio]|[thing] which is [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]"
        "|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in the [audio])(, |: )(what|which)"
        " [color] is it?",
        "How is the (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker]"
        " names|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of [this] [audio]|[thing] which"
        " is [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing]"
        " called out|heard [thing]|[thing] in the [audio]) (coloured|colored|painted|filled)?",
    ),
    (
        "Which color is the spoken shape?", "The speaker names a shape. In what color is it?",
    ),
)  # fmt: skip
SHAPE = Wordings(
    (
        "Which shape has the spoken color?", "What shape has the color that the speaker names?",
        "What is the shape with the spoken color?",
        "(What|Which) (shape|object|thing) (has|is in|is of|is) the (color that is said|color you hear|named color"
        "|color the speaker says|color the speaker names|color that is named|spoken colour)?",
        "(Which|What) (object|thing) (has|is in) the spoken color?", "Which shape is (in|of) the spoken color?",
        "(Name|Say|Give|Tell me|State) the (shape|object) (with|of|in) the (spoken|named) color.",
        "What is the (shape|object) (with|in|of) the (named color|color you hear|color that is said|color that the"
        " speaker names)?",
        "(Listen. Which|Listen to the color. Which) shape (has it|is it)?",
        "(What|Which|And what|So which) [thing] (is in|has|is of|is drawn in|is shown in|comes in|do you [see] in"
        "|appears in|is filled with|was drawn in|bears) the (spoken [color]|named [color]|[color] that is [said]"
        "|[color] you [hear]|[color] the [speaker] names|[color] the [speaker] says|[color] named in [this] [audio]"
        "|[color] which is [said]|[color] from the [audio]|mentioned [color]|announced [color]|[color] called out"
        "|heard [color]|[color] in the [audio]) [here]?",
        "[tell] (which|what) [thing] (is in|has|is drawn in|is shown in|comes in) the (spoken [color]|named [color]"
        "|[color] that is [said]|[color] you [hear]|[color] the [speaker] names|[color] the [speaker] says|[color]"
        " named in [this] [audio]|[color] which is [said]|[color] from the [audio]|mentioned [color]|announced"
        " [color]|[color] called out|heard [color]|[color] in the [audio])(.|)",
        "[tell] the [thing] (in|with|of|that has|drawn in|shown in) the (spoken [color]|named [color]|[color] that"
        " is [said]|[color] you [hear]|[color] the [speaker] names|[color] the [speaker] says|[color] named in"
        " [this] [audio]|[color] which is [said]|[color] from the [audio]|mentioned [color]|announced [color]"
        "|[color] called out|heard [color]|[color] in the [audio])(.|)",
        "[can] (say|name|tell me|give|see|determine|report|find) (the [thing] in|the [thing] with|which [thing] has"
        "|which [thing] is in) the (spoken [color]|named [color]|[color] that is [said]|[color] you [hear]|[color]"
        " the [speaker] names|[color] the [speaker] says|[color] named in [this] [audio]|[color] which is [said]"
        "|[color] from the [audio]|mentioned [color]|announced [color]|[color] called out|heard [color]|[color] in"
        " the [audio])(?|.)",
        "(What|Which [thing]) is (in|of|with) the (spoken [color]|named [color]|[color] that is [said]|[color] you"
        " [hear]|[color] the [speaker] names|[color] the [speaker] says|[color] named in [this] [audio]|[color]"
        " which is [said]|[color] from the [audio]|mentioned [color]|announced [color]|[color] called out|heard"
        " [color]|[color] in the [audio]) [here]?",
        "What is the [thing] (in|with|of|that has|drawn in) the (spoken [color]|named [color]|[color] that is [said]"
        "|[color] you [hear]|[color] the [speaker] names|[color] the [speaker] says|[color] named in [this] [audio]"
        "|[color] which is [said]|[color] from the [audio]|mentioned [color]|announced [color]|[color] called out"
        "|heard [color]|[color] in the [audio])?",
        "The (spoken [color]|named [color]|[color] that is [said]|[color] you [hear]|[color] the [speaker] names"
        "|[color] the [speaker] says|[color] named in [this] [audio]|[color] which is [said]|[color] from the"
        " [audio]|mentioned [color]|announced [color]|[color] called out|heard [color]|[color] in the [audio])(: | -"
        " |, |? )(which|what) [thing] (has it|is in it|is it|is that)?",
        "(Listen|Listen well|Hear the word|Hear the [color]|Listen to the [audio])(. |: |, | and )(what|which)"
        " [thing] (has|is in|is of|shows|wears) (it|that [color]|this [color]|the [color])?",
        "(Look for|Find|Search for|Locate|Spot) the (spoken [color]|named [color]|[color] that is [said]|[color] you"
        " [hear]|[color] the [speaker] names|[color] the [speaker] says|[color] named in [this] [audio]|[color]"
        " which is [said]|[color] from the [audio]|mentioned [color]|announced [color]|[color] called out|heard"
        " [color]|[color] in the [audio])(. |: |, | and say )(what|which) [thing] (has it|is in it|is it|is there)(?"
        "|.)",
        "The [thing] (in|with|of) the (spoken [color]|named [color]|[color] that is [said]|[color] you [hear]"
        "|[color] the [speaker] names|[color] the [speaker] says|[color] named in [this] [audio]|[color] which is"
        " [said]|[color] from the [audio]|mentioned [color]|announced [color]|[color] called out|heard [color]"
        "|[color] in the [audio])(: | - |, |? | is )(what|which shape|what shape|what is it|which one)(?|)",
        "I (want|need|would like) to know (which|what) [thing] has the (spoken [color]|named [color]|[color] that is"
        " [said]|[color] you [hear]|[color] the [speaker] names|[color] the [speaker] says|[color] named in [this]"
        " [audio]|[color] which is [said]|[color] from the [audio]|mentioned [color]|announced [color]|[color]"
        " called out|heard [color]|[color] in the [audio]).",
        "(Regarding|About|Concerning|As for) the (spoken [color]|named [color]|[color] that is [said]|[color] you"
        " [hear]|[color] the [speaker] names|[color] the [speaker] says|[color] named in [this] [audio]|[color]"
        " which is [said]|[color] from the [audio]|mentioned [color]|announced [color]|[color] called out|heard"
        " [color]|[color] in the [audio])(, |: )(what|which) [thing] (has it|is in it)?",
        "Which of the [things] (has|is in|is of|shows) the (spoken [color]|named [color]|[color] that is [said]"
        "|[color] you [hear]|[color] the [speaker] names|[color] the [speaker] says|[color] named in [this] [audio]"
        "|[color] which is [said]|[color] from the [audio]|mentioned [color]|announced [color]|[color] called out"
        "|heard [color]|[color] in the [audio])?",
        "(Shape|Form|Name) of the [thing] in the (spoken [color]|named [color]|[color] that is [said]|[color] you"
        " [hear]|[color] the [speaker] names|[color] the [speaker] says|[color] named in [this] [audio]|[color]"
        " which is [said]|[color] from the [audio]|mentioned [color]|announced [color]|[color] called out|heard"
        " [color]|[color] in the [audio])(?|.|:|)",
    ),
    (
        "What shape has the spoken color?", "The speaker names a color. Which shape is in it?",
    ),
)  # fmt: skip
SIZE = Wordings(
    (
        "How big is the spoken shape?", "Is the spoken shape large or small?", "What size is the spoken shape?",
        "(How big is|How large is|What size is|What size has|Which size has|Which size is) the (shape that is said"
        "|shape you hear|named shape|shape the speaker says|shape that the speaker names|spoken object)?",
        "Is the (shape that is said|shape you hear|named shape|shape that the speaker names|spoken object) (large or"
        " small|small or large)?",
        "Is the spoken shape (small or large|big or small)?",
        "(Name|Say|Give|Tell me|State) the size of the (spoken shape|named shape|shape you hear|shape that is said).",
        "What is the size of the (named shape|shape you hear|shape that is said|spoken object)?",
        "How large is the spoken shape?", "(Listen. How big|Listen to the shape. How big) is it?",
        "(How big is|How large is|What size is|What size has|Which size has|Which size is|What is the size of|What's"
        " the size of|Of what size is) the (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you [hear]"
        "|[thing] the [speaker] names|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of [this]"
        " [audio]|[thing] which is [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]|[thing] that"
        " was mentioned|[thing] called out|heard [thing]|[thing] in the [audio]) [here]?",
        "(Is|Was|Would you call|Do you find) the (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you"
        " [hear]|[thing] the [speaker] names|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of"
        " [this] [audio]|[thing] which is [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]"
        "|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in the [audio]) (large or small|small"
        " or large|big or small|small or big|little or large) [here]?",
        "[tell] (the size of|how big is|how large is|what size is|which size has) the (spoken [thing]|named [thing]"
        "|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker] names|[thing] the [speaker] says|[thing]"
        " named in [this] [audio]|[thing] of [this] [audio]|[thing] which is [said]|[thing] from the [audio]"
        "|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in"
        " the [audio])(.|)",
        "[tell] (how big|how large|what size|whether small or large|which size) the (spoken [thing]|named [thing]"
        "|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker] names|[thing] the [speaker] says|[thing]"
        " named in [this] [audio]|[thing] of [this] [audio]|[thing] which is [said]|[thing] from the [audio]"
        "|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in"
        " the [audio]) is(.|)",
        "[tell] (if|whether) the (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you [hear]|[thing] the"
        " [speaker] names|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of [this] [audio]"
        "|[thing] which is [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]|[thing] that was"
        " mentioned|[thing] called out|heard [thing]|[thing] in the [audio]) is (small or large|large or small|big"
        " or small)(.|)",
        "[can] (say|name|tell me|give|see|determine|report) (the size of the|how big is the|how large is the)"
        " (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker] names"
        "|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of [this] [audio]|[thing] which is"
        " [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing]"
        " called out|heard [thing]|[thing] in the [audio])(?|.)",
        "The (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker] names"
        "|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of [this] [audio]|[thing] which is"
        " [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing]"
        " called out|heard [thing]|[thing] in the [audio])(: | - |, |? )(what size|which size|how big|how large"
        "|small or large|large or small|size|big or small)(?|)",
        "(Size|The size|Large or small|Small or large|Big or small)(: | of | - |, )the (spoken [thing]|named [thing]"
        "|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker] names|[thing] the [speaker] says|[thing]"
        " named in [this] [audio]|[thing] of [this] [audio]|[thing] which is [said]|[thing] from the [audio]"
        "|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in"
        " the [audio])(|.|?)",
        "(Listen|Listen well|Hear the word|Listen to the [audio])(. |: |, | and )(how big|how large|what size|which"
        " size) is (it|that [thing]|this [thing]|the [thing])?",
        "(Look for|Find|Search for|Take|Look at|Locate) the (spoken [thing]|named [thing]|[thing] that is [said]"
        "|[thing] you [hear]|[thing] the [speaker] names|[thing] the [speaker] says|[thing] named in [this] [audio]"
        "|[thing] of [this] [audio]|[thing] which is [said]|[thing] from the [audio]|mentioned [thing]|announced"
        " [thing]|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in the [audio])(. |: |, | and"
        " say )(how big is it|how large is it|what size is it|is it small or large)(?|.)",
        "I (want|need|would like) to know (the size of the|how large is the|how big is the) (spoken [thing]|named"
        " [thing]|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker] names|[thing] the [speaker] says"
        "|[thing] named in [this] [audio]|[thing] of [this] [audio]|[thing] which is [said]|[thing] from the [audio]"
        "|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in"
        " the [audio]).",
        "(Regarding|About|Concerning|As for) the (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you"
        " [hear]|[thing] the [speaker] names|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of"
        " [this] [audio]|[thing] which is [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]"
        "|[thing] that was mentioned|[thing] called out|heard [thing]|[thing] in the [audio])(, |: )(how large|how"
        " big|what size) is it?",
        "The (spoken [thing]|named [thing]|[thing] that is [said]|[thing] you [hear]|[thing] the [speaker] names"
        "|[thing] the [speaker] says|[thing] named in [this] [audio]|[thing] of [this] [audio]|[thing] which is"
        " [said]|[thing] from the [audio]|mentioned [thing]|announced [thing]|[thing] that was mentioned|[thing]"
        " called out|heard [thing]|[thing] in the [audio]) [here] (has|is of|comes in) (what|which) size?",
    ),
    (
        "What is the size of the spoken shape?", "The speaker names a shape. Is it small or large?",
    ),
)  # fmt: skip
BOTH = Wordings(
    (
        "Describe the image and transcribe the audio.", "Caption the image, then transcribe the speech.",
        "Describe the picture, then write down the words.",
        "(Describe|Caption) (this|the) (image|picture|photo)(, then| and then|, and| and) (transcribe the audio"
        "|write down the words|transcribe the recording|write what is said|transcribe what is said|write down what"
        " you hear).",
        "(What is in the image and what is said|What do you see and what do you hear|What does the image show and"
        " what does the speaker say)?",
        "(First |)(describe|caption) the (image|picture), (then|afterwards) transcribe the (audio|clip|recording).",
        "(Caption|Description) and (transcript|transcription), please.",
        "(Give|Write|Provide) a (caption|description) of (this|the) (image|picture|photo) and a (transcript"
        "|transcription) of the (audio|speech|recording).",
        "[describe] [this] [image](, then | and then | and | and also |, and | and afterwards |; then |. Then |."
        " Also )(transcribe|write down|write out|note down|take down|convert to text) [this] [audio](.|)",
        "[describe] [this] [image](, then | and then | and | and also |, and |; then |. Then )(write|say|tell me"
        "|note|give) (what is [said]|what you [hear]|the words|the spoken words|what the [speaker] says)(.|)",
        "[can] ([describe] [this] [image]|caption [this] [image]) and (transcribe [this] [audio]|write down what is"
        " [said]|say what you [hear])(?|.)",
        "[tell] what (you [see]|is [shown]|is in [this] [image]|[this] [image] [shows])(, and | and | and also |,"
        " then )what (you [hear]|is [said]|the [speaker] says|[this] [audio] says)(.|)",
        "(What|What exactly) (do you [see]|is [shown]|does [this] [image] [show]|is in [this] [image])(, and | and "
        "|? And )what (do you [hear]|is [said]|does the [speaker] say|are the words)?",
        "[give] (a|one|the) (caption|description)( of [this] [image]|) (and|plus|together with|as well as|along with"
        "|followed by) (a|the|one) (transcript|transcription|text)( of [this] [audio]|)(.|, please.|)",
        "(First|First of all|To begin with|Step one|1)(,|:) ([describe] [this] [image]|the image)(, then |; then |;"
        " second, |. Then |. Next, |. After that, |, after that )(transcribe [this] [audio]|the audio|write down the"
        " words|the words)(.|)",
        "(Image and audio|Image and sound|Picture and recording|Both|Both of them|Image, then audio|Photo and speech"
        "|The image, the audio)(:|, please.|?|: describe and transcribe.|: what is in them?|: [describe] and"
        " transcribe|)",
        "([describe]|Caption) (and|then|, then) transcribe(.||!)",
        "(A caption|Caption|A description|Description)(, | and | + |, then )(a transcript|transcript|the words|a"
        " transcription|transcription|the spoken words)(.|:|, please.|)",
        "(Look and listen|See and hear|Watch and listen|Use your eyes and ears|Eyes and ears)(: |. |, )(what is"
        " there|what is it|describe the image and write the words|describe and transcribe|report both|what do you"
        " see and hear)(?|.|)",
        "(What do you|What can you|Tell me what you|Write what you|Say what you) (see and hear|find in image and"
        " sound|see and what you hear)(?|.)",
        "[this] [image] and [this] [audio](: |? |, |. )(describe and transcribe|describe both|what is in them"
        "|caption and transcript|describe the first, transcribe the second)(?|.|)",
        "I (want|need|would like) (both |)(a caption and a transcript|the caption and the words|a description and a"
        " transcription|image and sound in words).",
        "(Describe|Caption) what you [see](, | and | and also |, then )(write|transcribe|note|repeat) what you"
        " [hear](.|)",
        "(One part|Part one|A)(:|,) (the image|describe the image)(. |; |, )(Part two|The other part|B)(:|,) (the"
        " words|transcribe the audio|the audio)(.|)",
    ),
    (
        "Describe the image and then transcribe the speech.", "Tell me both what you see and what you hear.",
    ),
)  # fmt: skip
