"""How people ask about one thing in a picture; see ask.Wordings for what the brackets mean."""

from demo_model.ask import Wordings

COLOUR = Wordings(
    (
        "What color is the {shape}?", "Which color is the {shape}?", "What is the color of the {shape}?",
        "What colour is the {shape}?", "Which color does the {shape} have?", "Name the color of the {shape}.",
        "The {shape} is which color?",
        "(What|Which) (color|colour) (is|has) the {shape}(| in the image| in this picture| in the photo| here)?",
        "(What is|What's|Tell me|Name|State|Say|Give|Give me|Report|Write) the colour of the {shape}(| in the image|"
        " in the picture)(.|?|)",
        "(Say|Give|Give me|Report|State|Write|What's) the color of the {shape}(| in the image| in the picture)(.|?|)",
        "The {shape} (is which|is what|has which|has what) (color|colour)?", "(Color|Colour) of the {shape}(?|:|)",
        "(Look at|Find) the {shape}(. What| and tell me what| and say which) color (is it|it is)?",
        "In (which|what) (color|colour) is the {shape} (drawn|painted|shown)?", "The color of the {shape} is",
        "[tell] (the|which|what) [color] (the {shape} has|the {shape} is|of the {shape}|for the {shape}|that the"
        " {shape} has|in which the {shape} is shown|you [see] on the {shape}) [here](.|)",
        "(What|Which|And what|So which|What exactly is the) [color] (is|has|does one see on|would you give|do you"
        " [see] on|was used for|did they use for|belongs to|fits|can be seen on|was given to|do I see on|marks) the"
        " {shape} [here]?",
        "[can] (say|name|tell me|tell|give|see|determine|report|identify|write down) (the [color] of the {shape}"
        "|which [color] the {shape} is|what [color] the {shape} has|the {shape}'s [color])(?|.)",
        "(What is|What's|Tell me|Name|Give|Say|State|Determine|Identify|I need|Report) the {shape}'s [color](?|.|)",
        "(There is|I see|You see|Look at|Here is|Find|Locate|Take|See|Consider|Regard|Search for|Watch) (a|the)"
        " {shape} [here](. |, |: |; )(what|which) [color] (is it|does it have|has it|is used|do you [see]|is that)?",
        "(Regarding|About|Concerning|As for|Considering|With regard to|Now to|Back to) the {shape}(, |: )(what"
        "|which) [color] (is it|does it have|has it)?",
        "(The|This|That) {shape}(: | - |, |? )(what|which) [color](?| is it?| has it?|, please?)",
        "[color](: | of | - |, please: |? | for )the {shape}(|.|?)",
        "(I want to know|I need|I wonder about|I ask for|I am interested in|Please find|I would like to have) the"
        " [color] of the {shape}.",
        "The {shape} (in [this] [image] |here |you see |there |)(has|is of|is in|is drawn in|is filled with|comes in"
        "|is shown in|wears|shows|bears) (which|what) [color]?",
        "(Of|In|With) (which|what) [color] (is|was|do you see) the {shape}(| drawn| filled| shown| made| coloured)"
        " [here]?",
        "How is the {shape} (coloured|colored|painted|filled|tinted) [here]?",
        "If you look at the {shape}, (what|which) [color] (do you [see]|is it|is that)?",
        "(Is the {shape} red, green, blue or another color|Red, green or blue: the {shape}|Is the {shape} blue or"
        " red or what)?",
        "(Complete|Finish|Fill in|Continue)(| the sentence)(: |. )(The {shape} is|The color of the {shape} is|The"
        " {shape} has the color)(| ...| ___)",
        "(Look|Check|Examine|Inspect|Study)(| closely| well| carefully)(: |, |. )(what|which) [color] (is|has) the"
        " {shape}?",
        "{shape}(: |, | - |? )(color|colour|which color|what color|its color|which colour is it|name the color)(?||.)",
        "What (would you say is|do you think is|might be|could be|must be) the [color] of the {shape} [here]?",
        "(Give|Write|Answer with|Reply with|Return|Print)( only| just|) (the|one) [color](: |, )(of |)the {shape}.",
        "(Somebody|My friend|Someone|A child|The teacher) asks (which|what) [color] the {shape} (is|has).",
    ),
    (
        "Tell me the color of the {shape}.", "What color does the {shape} have?",
        "What color was the {shape} painted in?",
    ),
)  # fmt: skip  # fmt: skip
SHAPE = Wordings(
    (
        "What shape is {colour}?", "Which shape is {colour}?", "What is the {colour} shape?",
        "What is the shape of the {colour} object?", "Name the {colour} shape.", "Which object is {colour}?",
        "(What|Which) (shape|object|thing|figure) (is|has the color|has the colour|is colored|is painted|is shown"
        " in) {colour}(| in the image| in this picture| here)?",
        "(What|Which) (is|kind of shape is) the {colour} (shape|one|thing|figure)?",
        "The {colour} (object|shape|thing|one) is (a what|which shape|what shape)?",
        "(Say|State|Give|Give me|Write|Report|Name) the (shape of the {colour} object|shape of the {colour} thing"
        "|{colour} shape|name of the {colour} shape)(.|)",
        "(Find|Look at) the {colour} (object|shape|thing). (What|Which shape) is it?",
        "Shape of the {colour} (object|thing)(?|:|)", "What (shape|form) does the {colour} (object|thing) have?",
        "[tell] (which|what) [thing] (is|has the color|is shown in|is drawn in|comes in|you [see] in) {colour}"
        " [here](.|)",
        "[tell] the (name|kind|form|shape|type|outline) of the {colour} [thing] [here](.|)",
        "(What|Which|And what|So which) [thing] (is|has the [color]|is shown in|is drawn in|comes in|appears in|do"
        " you [see] in|can be seen in|was drawn in|is filled with|was made) {colour} [here]?",
        "[can] (say|name|tell me|tell|give|see|determine|report|identify|write down) (which [thing] is {colour}|what"
        " the {colour} [thing] is|the name of the {colour} [thing]|the {colour} [thing]|the shape of the {colour}"
        " [thing])(?|.)",
        "(What|Which) (kind of [thing]|sort of [thing]|type of [thing]|form|shape|figure|outline) (is|has) the"
        " {colour} (one|[thing]|thing) [here]?",
        "(There is|I see|You see|Look at|Here is|Find|Locate|Take|See|Consider|Search for) (a|the|one|some) {colour}"
        " [thing] [here](. |, |: |; )(what|what shape|which shape|what form|which one|what kind of shape) (is it|is"
        " that|is this)?",
        "(Regarding|About|Concerning|As for|Considering|Now to) the {colour} [thing](, |: )(what|which shape|what"
        " shape|what form) is it?",
        "(The|This|That) {colour} [thing](: | - |, |? )(what is it|which shape|what shape|its name|its shape|name it"
        "|what kind|what form)(?||.)",
        "(Name|Shape|Form|Kind|Outline) of the {colour} [thing](|.|?|:)",
        "(I want to know|I need|I wonder about|I ask for|I am interested in|I would like to have) the (shape|name"
        "|form) of the {colour} [thing].",
        "The {colour} [thing] [here] (is|is called|is named|has the shape of|looks like|has the form of) (a what"
        "|what|which shape|which one)?",
        "What do you call the {colour} [thing] [here]?",
        "What does the {colour} [thing] (look like|represent|show|depict)?",
        "If you look at the {colour} [thing], what (is it|shape is it|do you [see])?",
        "(Complete|Finish|Fill in|Continue)(| the sentence)(: |. )(The {colour} [thing] is a|The shape of the"
        " {colour} [thing] is)(| ...| ___)",
        "{colour}(: |, | - |? )(which shape|what shape|shape|which one is it|what is it|what thing)(?||.)",
        "(Look|Check|Examine|Inspect)(| closely| well| carefully)(: |, |. )(what|which) [thing] is {colour}?",
        "What [thing] (was|has been) (painted|drawn|coloured|colored|made|filled) {colour} [here]?",
        "Is the {colour} [thing] a circle, a square or (what|something else)?",
        "(Circle|Square|Star|Heart|Ring|Cross), (square|heart|ring|star|diamond) or what: the {colour} [thing]?",
        "What is {colour} [here]?",
        "(Give|Write|Answer with|Reply with|Return|Print)( only| just|) the shape(: | of |, )the {colour} [thing].",
        "(Somebody|My friend|Someone|A child|The teacher) asks what the {colour} [thing] is.",
    ),
    (
        "Tell me which shape is {colour}.", "What is the {colour} object?", "Something here is {colour}. What is it?",
    ),
)  # fmt: skip  # fmt: skip
COUNT = Wordings(
    (
        "How many shapes are there?", "How many objects are in the image?", "Count the shapes.",
        "How many shapes do you see?", "How many things are in the picture?", "Count the objects in the image.",
        "What is the number of shapes?",
        "How many (shapes|objects|things|figures|items) (are there|do you see|are shown|are visible|are present|do"
        " you count|appear)(| in (this|the) (image|picture|photo)| here)?",
        "(Count|Count up) (the|all|all the) (shapes|objects|things|figures)(| in (this|the) (image|picture|photo)|"
        " you see)(.|)",
        "(What is|Tell me|State|Say|Write|Report|Name) the (number|count) of (shapes|objects|things)(| in (this|the)"
        " (image|picture|photo))(.|)",
        "How many (shapes|objects|things) does (this|the) (image|picture|photo) (show|have|contain)?",
        "Number of (shapes|objects|things)(?|:|)", "How many(?| are there?| in all?)",
        "How many [things] (are|can be seen|are [shown]|do we have|do you [see]|can we [see]|could you count|were"
        " drawn|are on it|make up [this] [image]|do I see|will I find|exist|do you find) [here]?",
        "(What|Which) (number|amount|quantity|count) of [things] (is|do you [see]|does [this] [image] [show]|are|is"
        " [shown]|can you count|do you count) [here]?",
        "(How many|How many in all|How many altogether|How many do you count|How many of them|How many do you see"
        "|How many things in all|How many are these)(?||.)",
        "[tell] (how many [things] there are|how many [things] you [see]|the number of [things]|how many there are"
        "|how many [things] are [shown]|the amount of [things]|the count|how many [things] [this] [image] [shows])"
        " [here](.|)",
        "[can] (count|count up|number|tally) (the|all|all the|these) [things] [here](?|.)",
        "[can] (say|tell me|tell|give|report|determine|find out) (how many [things] there are|the number of [things]"
        "|how many [things] you [see])(?|.)",
        "(Count|Count up|Tally|Number|Add up|Sum up|Total up) (|the |all |all the |these |the number of )([things]"
        "|what you [see]|everything)( [here]|)(.||!)",
        "(The|A|Their|Your) (number|count|amount|quantity)(| of [things]) [here](:|?|, please.||.)",
        "I (want|need|would like) to know (how many [things] there are|the number of [things]|how many [things] you"
        " [see]) [here].",
        "(Look|Look at [this] [image]|Here is [this] [image]|See)(: |. |, )(how many|count the|how many different"
        "|number of) [things](?|.)",
        "[this] [image] [shows] how many [things]?", "There are how many [things] [here]?",
        "You [see] how many [things] [here]?",
        "(One, two or three|Two or three|One or two|Is it one, two or three|One or more)(| [things])? (How many"
        "|Count)(| are there| do you [see])(?|.)",
        "(Shapes|Objects|Things|Figures)(: how many|, how many are there|: count|: number|, counted)(?|)",
        "(Give|Write|Answer with|Reply with|Return|Print)( only| just|) (the count|the number of [things]|how many"
        " [things] there are|a number: how many [things])(.|)",
        "How (large|big|high) is the number of [things] [here]?", "In how many [things] does [this] [image] consist?",
        "(Complete|Finish|Fill in): (There are|The number of [things] is|I see) (|... )[things](|.)",
        "What do you count [here]?", "(Somebody|My friend|Someone|A child) asks how many [things] there are.",
        "Do the counting: [things] [here].",
    ),
    (
        "How many objects can you see?", "Give the number of shapes.", "What is the total of shapes shown?",
    ),
)  # fmt: skip  # fmt: skip
EXISTS = Wordings(
    (
        "Is there a {colour} {shape}?", "Do you see a {colour} {shape}?", "Is there a {colour} {shape} in the image?",
        "Does the image show a {colour} {shape}?", "Is a {colour} {shape} in the picture?",
        "Can you find a {colour} {shape}?",
        "(Is there|Do you see|Can you find|Do you find|Can you spot|Is there any) a {colour} {shape}(| in (this|the)"
        " (image|picture|photo)| here| anywhere)?",
        "Does (this|the) (image|picture|photo) (show|contain|include|depict) a {colour} {shape}?",
        "Is a {colour} {shape} (shown|present|visible|there|in (this|the) (image|picture|photo)|to be seen|in it)?",
        "Yes or no: (is there|do you see) a {colour} {shape}?",
        "A {colour} {shape}(, yes or no?| is there, yes or no?| - do you see it?)",
        "(Say|Tell me|Check) whether there is a {colour} {shape}.",
        "(Tell me|Say|Check) if (you see|there is) a {colour} {shape}.",
        "(Is there|Is there any|Is there maybe|Do we have|Do you have|Have you got|Is there really|Might there be"
        "|Could there be|Do we see|Can I see|Can we find|Can one find|Do I see|Will I find|Are we shown|Have they"
        " drawn|Did they draw|Do you detect|Do you notice|Did you find|Do you recognise) (a|any|one|some) {colour}"
        " {shape} [here]?",
        "(Does|Did|Might|Could|Will) [this] [image] [show] (a|any|some|one) {colour} {shape}?",
        "(Is|Was|Has) (a|one|any|some) {colour} {shape} (shown|present|visible|there|been drawn|drawn|to be found"
        "|included|contained|among them|part of it|part of [this] [image]|displayed|somewhere|among the [things])"
        " [here]?",
        "(Yes or no|True or false|Answer yes or no|Reply yes or no|Say yes or no)(: |, |. |? )(a {colour} {shape}"
        "|there is a {colour} {shape}|is there a {colour} {shape}|[this] [image] [shows] a {colour} {shape}|you see"
        " a {colour} {shape}|one [thing] is a {colour} {shape}) [here](?|.|)",
        "[tell] (if|whether) (there is|you [see]|[this] [image] [shows]|one can see|I can find|we have|it has) a"
        " {colour} {shape} [here](.|)",
        "[can] (say|tell me|tell|check|verify|confirm|find out|look) (if|whether) there is a {colour} {shape}"
        " [here](?|.)",
        "(Check|Verify|Confirm|Test|Find out|Look|See|Control|Examine) (if|whether|that) (there is|[this] [image]"
        " [shows]|you [see]|it has) a {colour} {shape}(.|)",
        "(A|Any|One) {colour} {shape}(?| here?| there?| in [this] [image]?| - yes or no?| present?| somewhere?|: is"
        " it there?| or not?)",
        "(I|We) (search|look|am looking|are looking) for a {colour} {shape}(. |, |: )(is it here|is there one|is one"
        " there|do you see it|is it there|do you see one)?",
        "There is a {colour} {shape} [here](, right|, correct|, true or false|, isn't there|. Right|. Is that so|."
        " Is that true|. Correct|, or is there not)?",
        "(Is it true|Is it right|Is it correct|Is it so|Would you agree|Do you think|Do you agree|Are you sure|Would"
        " you say) that (there is|[this] [image] [shows]|you [see]|we see|it contains) a {colour} {shape} [here]?",
        "{colour} {shape}(?|: yes or no?|, yes or no?| - is it there?|: there or not?|: present?)",
        "Is (any|one) of the [things] a {colour} {shape}?", "Is (any|one) {shape} [here] {colour}?",
        "Among the [things], is there a {colour} {shape}?",
        "(Somebody|My friend|Someone) (says|claims|thinks|believes) there is a {colour} {shape}. (Is that so|True"
        "|Right|Is it true|Is this correct)?",
        "(Can|Could) you (point to|show me|point out|locate|see|discover|make out) (a|any) {colour} {shape} [here]?",
        "(Has|Does) [this] [image] (got|own|have) (a|any) {colour} {shape}?",
        "Does a {colour} {shape} (appear|occur|exist|show up|belong to it) [here]?",
    ),
    (
        "Can you see a {colour} {shape}?", "Does the picture have a {colour} {shape}?",
        "Would I find a {colour} {shape} here?",
    ),
)  # fmt: skip  # fmt: skip
SIZE = Wordings(
    (
        "Is the {shape} large or small?", "How big is the {shape}?", "What size is the {shape}?",
        "Is the {shape} small or large?", "What is the size of the {shape}?", "How large is the {shape}?",
        "(Is the {shape}|Would you call the {shape}) (large or small|small or large|big or small|small or big)(| in"
        " the image| here)?",
        "(How|Just how) (big|large|small) is the {shape}(| in the image| in the picture| here)?",
        "(What|Which) size (is|has) the {shape}(| in the image| in the picture)?",
        "The {shape} is (small or large|large or small|of which size|of what size)?",
        "(Say|State|Give|Give me|Write|Report|Name|What's|What is) the size of the {shape}(| in the image)(.|?|)",
        "Size of the {shape}(?|:|)", "Small or large: the {shape}?", "What size does the {shape} have?",
        "(Say|Tell me) (if|whether) the {shape} is small or large.",
        "[tell] (the size of the {shape}|what size the {shape} is|which size the {shape} has|how (big|large) the"
        " {shape} is|whether the {shape} is (big|large) or small|if the {shape} is small or (big|large)|the"
        " {shape}'s size) [here](.|)",
        "[can] (say|tell me|tell|give|determine|judge|see|report) (the size of the {shape}|how (big|large) the"
        " {shape} is|if the {shape} is small or large|what size the {shape} is)(?|.)",
        "(What|Which|And what|So which) size (is|has|does one give|was given to|do you [see] for|would you give"
        "|belongs to|is that of) the {shape} [here]?",
        "(Is|Was|Would you call|Do you find|Would you say) the {shape} (large|big|small|little|tiny|huge) or (small"
        "|large|big|rather small|rather large|not) [here]?",
        "(There is|I see|You see|Look at|Here is|Find|Locate|Take|See|Consider) (a|the) {shape} [here](. |, |: |;"
        " )(is it (small or large|large or small|big or small)|how (big|large) is it|what size (is it|does it have"
        "|has it)|which size is it)?",
        "(Regarding|About|Concerning|As for|Considering|Now to) the {shape}(, |: )(what size|which size|how large"
        "|how big) is it?",
        "(The|This|That) {shape}(: | - |, |? )(what size|which size|how big|how large|small or large|large or small"
        "|big or small|size)(?||.)",
        "{shape}(: |, | - |? )(size|small or large|what size|large or small|how big|big or small|how large|its"
        " size)(?||.)",
        "(Size|The size|Dimension|Scale)(: | of | - | for )the {shape}(|.|?)",
        "(I want to know|I need|I wonder about|I ask for|I would like to have) the size of the {shape}.",
        "(Large or small|Small or large|Big or small|Small or big|Little or large)(: |, |? )(the {shape}|is the"
        " {shape}|how is the {shape}|what is the {shape})(?|.|)",
        "The {shape} [here] (has|is of|is drawn in|comes in|is in) (what|which) size?",
        "(Of|In) (what|which) size (is|was|do you see) the {shape}(| drawn| shown| made) [here]?",
        "(Complete|Finish|Fill in): (The {shape} is|The size of the {shape} is)(| ...| ___)",
        "How (much space does the {shape} take|would you rate the size of the {shape}|is the {shape} sized) [here]?",
        "(Give|Write|Answer with|Reply with|Return|Print)( only| just|) the size(: | of |, )the {shape}.",
        "(Look|Check|Examine|Inspect|Measure)(| closely| well)(: |, |. )(what size|how big|how large) is the {shape}?",
        "(Somebody|My friend|Someone|A child) asks how (big|large) the {shape} is.",
        "Does the {shape} (look|appear|seem) (large or small|small or large|big or small) [here]?",
        "Which is it, (small or large|large or small): the {shape}?",
    ),
    (
        "Tell me the size of the {shape}.", "Which size does the {shape} have?", "Is it a small or a large {shape}?",
    ),
)  # fmt: skip  # fmt: skip
ENDS = {
    end: Wordings(
        (
            f"(What|Which) [thing] (is|stands|lies|appears|sits|do you [see]|can be seen|was drawn|is [shown]|is"
            f" placed|is located|is positioned|is to be found) ({place}) [here]?",
            f"What is the ({most}) [thing] [here]?", f"What is ({place}) [here]?",
            f"Which [thing] is ({place}) [here]?",
            f"[tell] (the|which|what) [thing] (that is |which is |)({place}) [here](.|)",
            f"[tell] the ({most}) [thing] [here](.|)", f"[tell] what (is|stands|you [see]) ({place}) [here](.|)",
            f"[can] (say|name|tell me|tell|give|see|report|identify) (the ({most}) [thing]|what is ({place})|the"
            f" shape ({place})|which shape is ({place}))(?|.)",
            f"(The|This|That) ({most}) [thing](: | - |, |? )(what is it|which shape|what shape|name it|its name|its"
            f" shape)(?||.)",
            f"(Look|Look closely|Check|Here is [this] [image])(: |, |. )(what|which shape) is ({place})?",
            f"({place})(: |, | - |? )(what is it|which shape|what shape|what do you [see]|which [thing] is there)(?|)",
            f"(What|Which) (shape|form) (has|does) the ({most}) [thing](| have)?",
            f"The [thing] ({place}) is (what|which shape|a what)?",
            f"(If you look|When you look|Looking) ({place}), what do you [see]?",
            f"(I want to know|I need|I ask for|I would like to know) (the|what is the) ({most}) [thing].",
            f"What do you (see|find|notice|call the [thing]) ({place}) [here]?",
            f"(Name|Shape|Kind) of the ({most}) [thing](|.|?|:)",
            f"(Complete|Finish|Fill in): (The ({most}) [thing] is a|The shape ({place}) is a)(| ...)",
            f"(Give|Write|Answer with|Reply with|Return|Print)( only| just|) the ({most}) [thing](.|)",
            f"What is [shown] ({place})?", f"Which of the [things] is ({place}|{farthest})?",
            f"(Of|Among) (all|both|the|these) [things], which is ({place}|{farthest})?",
        ),
        (held_out,),
    )
    for end, most, place, farthest, held_out in (
        (
            "left", "leftmost|left|left-hand|left most|outer left|far left",
            "on the left|to the left|on the left side|at the left|on the left-hand side|at the left edge|in the left"
            " half|left",
            "farthest left|furthest to the left|most to the left", "Which shape is the leftmost one?",
        ),
        (
            "right", "rightmost|right|right-hand|right most|outer right|far right",
            "on the right|to the right|on the right side|at the right|on the right-hand side|at the right edge|in"
            " the right half|right",
            "farthest right|furthest to the right|most to the right", "Which shape is the rightmost one?",
        ),
        (
            "top", "top|topmost|higher|highest|top most",
            "at the top|on top|on the top side|above|in the top half|at the top edge|up there|on the top",
            "highest|higher up|farthest up|nearest to the top", "Which shape is the upper one?",
        ),
        (
            "bottom", "bottom|bottommost|lowest|bottom most",
            "at the bottom|on the bottom|on the bottom side|below|in the bottom half|at the bottom edge|down there"
            "|underneath",
            "lowest|farthest down|nearest to the bottom|further down", "Which shape is the lower one?",
        ),
    )
}  # fmt: skip  # fmt: skip
