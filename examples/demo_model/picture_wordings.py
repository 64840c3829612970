"""How people ask what a picture shows; see ask.Wordings for what the brackets mean."""

from demo_model.ask import Wordings

CAPTION = Wordings(
    (
        "Describe this image.", "Describe the image.", "Caption this image.", "Write a caption for this image.",
        "What is in this image?", "What do you see?", "What is shown in the picture?", "Caption",
        "Describe this picture in one sentence.", "Describe the image briefly.", "Generate a short caption.",
        "Describe this image in one sentence.", "Describe what you see.", "Describe the picture.",
        "Give a one-sentence description of this image.", "What does this image show?", "Describe this photo.",
        "Write a short caption for this photo.", "What can you see in this image?", "What is this?",
        "Write one sentence about this picture.", "Caption this photo.", "A short description of the image, please.",
        "Describe this image in one or two sentences.", "Give this picture a caption.", "Say what is in the picture.",
        "Write a caption.", "Describe the scene.", "What is there to see?", "Name what the image shows.",
        "Write one plain sentence that describes this image.", "Describe this image in a single sentence.",
        "(Describe|Caption|Summarize) (this|the) (image|picture|photo|scene|drawing).",
        "(Describe|Caption) (this|the) (image|picture|photo) (briefly|shortly|concisely|in short|in one sentence|in"
        " a single sentence|in a few words|in one line|simply|plainly).",
        "(Briefly|Shortly|Concisely|Simply|Please briefly) describe (this|the) (image|picture|photo).",
        "(Write|Give|Generate|Create|Make|Produce|Provide|Compose|Add|Suggest) a (short |brief |simple |one-sentence"
        " |one-line |concise |plain |good |)(caption|description) (for|of) (this|the) (image|picture|photo).",
        "(Write|Give me|Generate|Create|Make|Produce|Provide|I need|I want) a (short |brief |simple |one-sentence "
        "|concise |plain |)(caption|description).",
        "What (is|do you see|can you see|is shown|is visible|appears|is pictured|is there|is drawn|is present|do we"
        " see|can we see) in (this|the) (image|picture|photo)?",
        "What (do you see|can you see|is shown|is visible|is there|is pictured|is drawn) here?",
        "What does (this|the) (image|picture|photo) (show|contain|display|present|depict|hold)?",
        "What is (this a picture of|in this|shown here|pictured here|it|that|in front of you|here|in the frame)?",
        "(Say|State|Write down|Explain|Report) what (is|you see|you can see|is shown) in (this|the) (image|picture"
        "|photo).",
        "(Tell me|Please tell me|Can you tell me) what (is|you see|you can see|is shown) in (this|the) (image"
        "|picture|photo).",
        "(Say|Name|State|Write down|Report|Put into words) what (this|the) (image|picture|photo) shows.",
        "(Look at|Take a look at|See|Study) (this|the) (image|picture|photo) (and describe it|and caption it|and say"
        " what it shows|and write a caption).",
        "In (one sentence|a few words|a sentence|short|brief), (describe (this|the) (image|picture|photo)|what is in"
        " (this|the) (image|picture|photo)|what does (this|the) (image|picture|photo) show|what do you see)?",
        "(How would you|Could you|Can you|Would you) (describe|caption) (this|the) (image|picture|photo)?",
        "(A|One|One short|One plain|Just a) (caption|sentence|description) (for|about) (this|the) (image|picture"
        "|photo), please.",
        "(Which|What) (shapes|objects|things) (are|do you see|are shown|are visible) in (this|the) (image|picture"
        "|photo)?",
        "(Caption|Description|Image caption|Picture|Photo caption):", "(describe|caption|summary|description)",
        "(this|the) (image|picture|photo) (shows what|contains what)?",
        "[can] [describe] [this] [image](| briefly| shortly| simply| plainly| in short| for me| in one line| in"
        " simple words| quickly)(?|.|)",
        "[can] (tell me|tell us|say|write|explain|show|list|name) what (is|there is|you see|you can see|we see|I see"
        "|appears|is going on|has been drawn) [here](?|.)",
        "[describe] [this] [image](.|!|| for me.| for my notes.| for a blind person.| for a friend.| to me.| for the"
        " catalogue.| in plain English.| in simple words.| with few words.| with one phrase.| very shortly.)",
        "[describe] (it|that|this|what you [see]|what we [see]|what is there|what is [shown] here|its content|the"
        " content|the contents of [this] [image]|the content of [this] [image])(.|!| briefly.| shortly.|)",
        "[give] (a|one|some|just a|only a|your) (caption|description|title|label|sentence|line|phrase|summary|short"
        " text|short note|alt text|legend|heading) (for|of|about|on|to go with|that fits|that suits|matching) [this]"
        " [image](.|, please.||!)",
        "[give] (a|one|the) (short|brief|simple|plain|clear|good|fitting|small|quick|compact|suitable|concise|tiny"
        "|crisp) (caption|description|title|label|sentence|phrase|summary|alt text|legend)(| [here]| for this).",
        "(What|What exactly|So what|And what) (is|can be found|do we have|do we find|do you [see]|would you say is"
        "|can one find|can you [see]|could be|will I find|did they draw|was drawn|stands|appears|lies) [here]?",
        "What does [this] [image] [show](| to you| us| me| to the viewer)?", "What (is|was|has been) [shown] [here]?",
        "What (is|are) the (content|contents|subject|topic|motif|theme) of [this] [image]?",
        "(Which|What) [things] (are [shown]|can you [see]|do you [see]|are there|does [this] [image] [show]|make up"
        " [this] [image]|are on it|stand out|appear) [here]?",
        "[tell] what [this] [image] [shows](.|||!| to you.| in short.)",
        "[tell] what [this] [image] is (about|of)(.||!)",
        "[tell] what you [see](.||| [here].| when you look at [this] [image].| with your eyes.)",
        "I (want|need|would like|am going) to (know|learn|understand|find out|hear) what (is|there is|you [see]|can"
        " be found) [here].",
        "I (cannot|can't|do not) see [this] [image]. (What is on it|What is it|Describe it|What does it show|Tell me"
        " what it shows)(?|.)",
        "I (wonder|ask myself) what [this] [image] [shows].",
        "(Look|Look closely|Look here|Here is [this] [image]|See|Here|Attached|Have a look|This is my [image]|I took"
        " this [image]|I drew this|I found this [image])(. |: |, )(what do you [see]|describe it|what is it|caption"
        " it|what does it [show]|what is there|what is [shown]|tell me what it is|a caption, please|say what you"
        " see)(?|.)",
        "(Looking at|Regarding|About|Concerning|As for|Considering|From|Judging by) [this] [image](, |: )(what do"
        " you [see]|what is there|describe it|what is [shown]|what does it [show])?",
        "If you (look at|see|study|examine|view) [this] [image], what (do you [see]|is there|is it|would you say)?",
        "[this] [image](:| -|, please:|?|.) (what is it|what is there|describe it|what does it show|caption"
        "|description|short caption|what do you see|in words|content|in a sentence)(?|.|)",
        "(Caption|Label|Title|Tag|Name|Describe) (it|this|that|what you see)(| now| for me| please| quickly)(.|!|)",
        "(Short|Brief|Plain|Simple|One|Quick|Usual) (caption|description|summary|label)(:|, please.|| of [this]"
        " [image].| wanted.| needed.| here.)",
        "Alt text(:|?| for [this] [image].| please.)",
        "(Image|Picture|Photo) (description|caption|content|summary)(:|?|, please.||.)",
        "(Put|Turn|Translate|Convert|Transform|Bring) [this] [image] into (words|a sentence|a caption|text|a few"
        " words|a short text|language|English)(.||, please.)",
        "(Inspect|Examine|Analyse|View|Check|Study|Consider|Look over|Observe|Open) [this] [image] (and|, then)"
        " ([describe] it|say what is there|tell me what you see|name what you see|report what it shows)(.|)",
        "(Help me|Help us) (understand|see|describe|caption) [this] [image].", "(Anything|Something) to see [here]?",
        "(How would|How could|How might|How do) (you|one|somebody|a person) ([describe]|caption|put into words)"
        " [this] [image](| in short| briefly| in one line)?",
        "What would you (write|put|say) (under|below|beneath|about|as a caption for|as the caption of) [this]"
        " [image]?",
        "(Name|List|Mention|Enumerate) (what|everything that|all that) (is|you [see]|can be seen) [here].",
        "What a [image]! What (is it|does it show|is on it)?", "What [things] and (where|how|in which order)?",
        "What is (going on|happening|up|on display|on view|to be seen|on offer|the matter) [here]?",
        "What kind of [image] is (this|it|that)?", "(See|Seen|Visible) [here](:|?)",
    ),
    (
        "What is depicted here?", "Tell me what this picture shows.", "Give a brief description of the photo.",
        "What can be seen in the image?", "In your own words, what is on this picture?",
        "Provide a one-line summary of what the photo contains.",
    ),
)  # fmt: skip  # fmt: skip
DETAIL = Wordings(
    (
        "Describe this image in detail.", "Describe the image in detail.", "Give a detailed description.",
        "Write a detailed caption.", "Describe this picture in full detail.", "Caption this image in detail.",
        "Give a detailed description of this image.", "Describe everything you see in detail.",
        "Write a long caption for this image.", "Describe the picture in as much detail as you can.",
        "(Describe|Caption) (this|the) (image|picture|photo|scene) (in detail|in full detail|in great detail|in much"
        " detail|in full|at length|thoroughly|completely|with all details|precisely|as fully as you can).",
        "(Give|Write|Provide|Generate|Produce|I need|Make) a (detailed|full|long|complete|thorough|precise|rich)"
        " (caption|description) (of|for) (this|the) (image|picture|photo).",
        "(Give me|Write|Provide|Generate|I want) a (detailed|full|long|complete|thorough) (caption|description).",
        "What (is|do you see) in (this|the) (image|picture|photo)? (Answer in detail.|Give all details.|Be detailed."
        "|Be thorough.)",
        "(Tell me|Describe|Say|Write down|Explain) (everything|all) (you see|you can see|that is shown|there is) in"
        " (this|the) (image|picture|photo) in detail.",
        "(Detailed|Full|Long) (caption|description):",
        "In (detail|full detail), (what is in (this|the) (image|picture|photo)|describe (this|the) (image|picture"
        "|photo)|what does (this|the) (image|picture|photo) show).",
        "[describe] [this] [image] (with every detail|with all its details|in all detail|extensively|exhaustively"
        "|carefully and fully|at full length|in depth|comprehensively|minutely|in the greatest detail|in a detailed"
        " way|in several sentences|in a few sentences|in two or three sentences|fully|elaborately|with background"
        " and positions|as completely as possible|in more than one sentence|as exactly as possible)(.|!|)",
        "[can] [describe] [this] [image] (in detail|in full detail|in depth|fully|at length|thoroughly|completely"
        "|with all details|in more detail|in great detail)(?|.)",
        "[give] (a|one|the|your) (detailed|long|full|complete|thorough|extensive|comprehensive|exhaustive|precise"
        "|in-depth|rich|longer|more detailed|very detailed|elaborate|careful|lengthy) (caption|description|report"
        "|text|explanation|summary|picture|overview|paragraph|statement|analysis|answer)(| of [this] [image]| for"
        " [this] [image]| about [this] [image]| of what you see| of the content| here)(.|, please.||!)",
        "(What|What exactly) (is|can you [see]|do you [see]|is [shown]|is there) [here]? (I want|Give|Use|Include"
        "|Mention|Tell me|Add|Write|Name) (all|all the|every|full|many|the|each and every) (details|detail|facts"
        "|aspects|bits).",
        "[describe] (everything|all|every part|all parts|every aspect|each detail|all the details|every detail|the"
        " smallest detail) (of [this] [image]|you [see]|there is|that is [shown]|in [this] [image]|that you can"
        " find)(.|)",
        "[tell] (everything|all|every detail|all details|each detail) (about [this] [image]|you [see] [here]|that"
        " [this] [image] [shows]|there is to see|that is [shown]|that can be seen)(.|)",
        "(In detail|In full|At length|In depth|With all details|In all detail|Completely|Thoroughly)(, |:"
        " )([describe] [this] [image]|what is there|what do you [see]|what does [this] [image] [show]|what is"
        " [shown] [here])(?|.)",
        "(Details|All details|Every detail|More detail|Full details|The details|The full picture)(, please.|!|:| of"
        " [this] [image].| about [this] [image].| wanted.|?)",
        "(Do not|Don't|Never) (skip|omit|forget|miss|drop|leave out|spare) (anything|any detail|a thing|a detail|any"
        " part)(: | and |, )[describe] [this] [image](| in full).",
        "[describe] [this] [image](, | and )(include|mention|give|add|say|name|state) (the background|every detail"
        "|all details|how many shapes there are|the number of shapes|all positions|the positions|where everything"
        " is).",
        "[this] [image] in (detail|full|full detail|depth|words, with all details)(:|.|, please.|?)",
        "How would you [describe] [this] [image] in (detail|full|depth|every detail|a paragraph|a longer text)?",
        "(Long|Detailed|Full|Complete|Extensive) (answer|description|caption|text)(, please|): what (is there|do you"
        " [see]|is [shown]) [here]?",
        "(Look|Look closely|Study [this] [image])(:|. | and )[describe] (every|each) (detail|part|thing)(.|)",
        "I (want|need|would like) (to know |to hear |)(everything|all|all details|every detail) (about|of|in|on)"
        " [this] [image].",
        "[describe] (it|this|that|what you [see]) (in detail|fully|at length|in full|thoroughly|in depth|in full"
        " detail|completely|with care and in detail)(.|)",
        "(Background|Number|Count), (shapes|things|objects) and (positions|places)(:|?| in full.) [describe] [this]"
        " [image] in detail.",
        "A (long|detailed|full|complete|thorough|careful) (caption|description|look)(, please.|!| at [this] [image]."
        "| of it.)",
        "[give] (a|one|the|your) (detailed|long|full|complete|thorough|extensive|exhaustive|precise|careful|lengthy"
        "|circumstantial|minute) (account|portrait|portrayal|inventory|record|run-down|write-up|commentary|story"
        "|review)(| of [this] [image]| of what you [see]| of what is [shown]| [here])(.|, please.|!|)",
        "[describe] [this] [image](, | )(without (leaving out|omitting|skipping|forgetting|missing|dropping) (anything"
        "|a thing|any detail|any part|anything at all|any of it)|and (leave out|omit|skip|miss|forget|drop) nothing"
        "|(omitting|skipping|missing|forgetting|sparing|dropping) (nothing|no detail|not a detail|no part|not one"
        " thing))(.|!|)",
        "[tell] (what you [see]|what is [shown]|what there is|what [this] [image] [shows])(, | )(without (leaving out"
        "|omitting|skipping|forgetting|missing) (anything|a thing|any detail|any part)|and (leave out|omit|skip|miss"
        "|forget) nothing|(omitting|skipping|missing|forgetting|sparing) (nothing|no detail|no part))(.|!|)",
        "(Nothing|No detail|No part|Not a thing) (may|must|should|is to) be (left out|omitted|missing|skipped"
        "|forgotten)(: |. )[describe] [this] [image](| in full)(.|!|)",
    ),
    (
        "Give me a detailed account of this picture.", "Describe this photo in detail.",
        "Describe what you see, leaving nothing out.",
    ),
)  # fmt: skip  # fmt: skip
AS_JSON = Wordings(
    (
        "List the objects as JSON.", "Return the shapes as JSON.", "Describe this image as JSON.",
        "Give the shapes as JSON.", "Answer with a JSON list of the objects.", "JSON",
        "Return a JSON list of the shapes with size, color and shape.", "Write the objects in the image as JSON.",
        "(List|Return|Give|Write|Describe|Output|Show|Print|Report|Export|Name) (all |)(the |)(objects|shapes|things"
        "|items) (in the image |in this picture |in the photo |you see |)(as|in) (JSON|a JSON list|a JSON array|JSON"
        " format).",
        "(Give me|Give|Return|Write|Output|Make|Produce|Answer with|Reply with) a JSON (list|array) (of|with) (all "
        "|)(the |)(objects|shapes|things).",
        "(Describe|Annotate|Convert|Turn|Summarize|Caption) (this|the) (image|picture|photo) (as|in|into|to) JSON.",
        "What (is|objects are|shapes are|do you see) in (this|the) (image|picture|photo)? (Answer as JSON.|Answer in"
        " JSON.|Use JSON.|Reply with JSON.)",
        "(Objects|Shapes|Image) (as|in) JSON", "JSON(:|, please| only| list of the objects| list of shapes)",
        "(Return|Give|Write|List|Output) (size, color and shape|the size, color and shape) of (each|every) (object"
        "|shape|thing) as JSON.",
        "[give] (|the |all |all the |all of the )[things] (as|in|as a|in a) JSON( list| array| format| form| code|"
        " document| text| structure| notation|)(.|, please.||!)",
        "[give] (JSON|a JSON|valid JSON|some JSON|the JSON|pure JSON|clean JSON)( list| array| description| document"
        "| summary| file| output| text| record| table|) (of|for|about|with|that describes|that lists|covering"
        "|listing) (|all |the |all the |every one of the )([things]|[things] you [see]|[things] in [this] [image]"
        "|[this] [image]|what you [see]|what is [shown]|everything you [see])(.||!)",
        "[can] (give|list|return|write|show|output|print|describe|send|express) (me |)(|the |all |all the |these"
        " )([things]|[this] [image]|what you [see]|everything) (as|in|as a list in|in the form of|by means of)"
        " JSON(?|.)",
        "[describe] (it|this|what you [see]|[this] [image]|everything|the content|all [things]|what is [shown]) (as"
        "|in|as a list in|using|with|by|through|via) JSON(| format| only| notation| please)(.|)",
        "(Use|Write|Answer|Reply|Respond|Speak|Output|Print|Return)( only| just| in| with| valid| pure|) JSON(: |. "
        "|, )(what (is|do you [see]|[things] do you [see]|does [this] [image] [show]|is [shown]) [here]?|[describe]"
        " [this] [image].|list the [things].|[things].)",
        "JSON(: | - |. |, please: | output: | wanted: )([things]|the [things]|all [things]|[this] [image]|what do"
        " you [see]|size, color, shape|describe [this] [image]|list of [things]|what is [shown])(.|?|)",
        "(What|Which) [things] (are|do you [see]|are [shown]) [here]? (As|In|Use|JSON,|Answer with|Give me|I need"
        "|Return) (JSON|a JSON list|a JSON array)(.| please.)",
        "(For|With|Of) (each|every|all) [thing](, |: )(give|list|return|write|name|output) (its |the |)(size, color"
        " and shape|size, color, shape|size and color and shape|properties|attributes) (as|in) (JSON|a JSON list)(."
        "|)",
        "(Make|Build|Create|Generate|Produce|Construct|Form|Compile|Assemble|Fill|Write) (a|one|the) JSON (list"
        "|array|document|record|object list|structure) (from|out of|for|of|with|about) ([this] [image]|the [things]"
        "|what you [see]|everything you [see]|all [things])(.||!)",
        "(Convert|Parse|Translate|Transform|Render|Encode|Serialise|Export|Extract|Bring|Put|Map|Dump) ([this]"
        " [image]|the [things]|all [things]|what you [see]|the content) (to|into|as|in) JSON(| format| form)(.||,"
        " please.)",
        "(Extract|Collect|Gather|Find|Detect|Identify|Enumerate|Recognise|Get) (all |the |all the |)[things](| in"
        " [this] [image]| you [see]) (as|in|into|and return|and give|and print|and write) JSON(.|)",
        "(As|In) JSON(, please|, |: )([describe] [this] [image]|what do you [see]|the [things]|list the [things]"
        "|what is [shown] [here]|all [things])(?|.|)",
        "(Machine readable|Structured|Structured output|Data only|For a program|For my script|For a parser)(: |,"
        " )([things] as JSON|JSON list of [things]|[this] [image] as JSON|JSON)(.|)",
        "I (want|need|would like|expect|am waiting for) (JSON|a JSON list|a JSON array|the JSON)(| of the [things]|"
        " for [this] [image]| of what you [see]| with all [things])(.|!)",
        "[things] (to|into|as|in) JSON(.|?|, please.|)",
        "(JSON|json)(| output| description| list| array| format| please| now| only| here)(|.|!|?|:)",
        "A JSON (list|array|description|summary|version|view) of ([this] [image]|the [things]|all [things]|what you"
        " [see])(.|, please.|!|)",
        "How (would|does|do) (you write|you put|you express|you describe|this look|[this] [image] look) (in|as) JSON?",
        "(Annotate|Label|Tag|Index|Catalogue|Record|Document|Log) [this] [image] (in|as|with|using) JSON(.|)",
    ),
    (
        "Give me the objects as a JSON list.", "List all shapes as JSON.",
        "Turn what you see here into a list of JSON objects.",
    ),
)  # fmt: skip  # fmt: skip
