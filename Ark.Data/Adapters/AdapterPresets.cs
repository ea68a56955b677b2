namespace Ark.Data;

/// <summary>What the publishers' own files look like. Each value can be set otherwise in a catalogue.</summary>
internal static class AdapterPresets
{
    /// <summary>Ark's lists of ChestX-ray14: the patient is the first number of a name.</summary>
    public static AdapterPreset ChestXray14List { get; } = new(("patient_pattern", "([0-9]{8})_[0-9]{3}"));

    /// <summary>NIH's <c>Data_Entry_2017.csv</c>, also beside its lists of the splits' names.</summary>
    public static AdapterPreset ChestXray14 { get; } = new(
        ("image_column", "Image Index"), ("findings_column", "Finding Labels"), ("findings_separator", "|"),
        ("patient_column", "Patient ID"), ("labels_list", "Data_Entry_2017.csv,Data_Entry_2017_v2020.csv"));

    /// <summary>RSNA's <c>stage_2_detailed_class_info.csv</c>: a row per box.</summary>
    public static AdapterPreset RsnaPneumonia { get; } = new(
        ("image_column", "patientId"), ("class_column", "class"), ("extension", ".dcm"), ("rows", "any"),
        ("values.No Lung Opacity / Not Normal", "No Lung Opacity/Not Normal"));

    /// <summary>Ark's lists of VinDr-CXR, whose names lack their extension.</summary>
    public static AdapterPreset VinDrList { get; } = new(("extension", ".jpeg"));

    /// <summary>VinDr-CXR's <c>image_labels_train.csv</c> (a row per reader) and <c>image_labels_test.csv</c>.</summary>
    public static AdapterPreset VinDr { get; } = new(
        ("image_column", "image_id"), ("image_path", "{split}/{name}"), ("extension", ".dicom"), ("rows", "any"));

    /// <summary>CheXpert, with the published policy for uncertain labels; a finding that is not mentioned is absent.</summary>
    public static AdapterPreset CheXpert { get; } = new(
        ("uncertain", "lsr-ones"), ("missing", "zeros"), ("patient_pattern", "patient[0-9]+"),
        // The small set and the whole one have folders of their own, which every list begins with.
        ("prefix_pattern", "CheXpert-v1\\.0[^/]*/"));

    /// <summary>
    /// MIMIC-CXR-JPG as Ark lists it, or as PhysioNet distributes it (<c>mimic-cxr-2.0.0-chexpert.csv</c> and <c>…-split.csv</c>, packed
    /// or not), with the published policy for uncertain labels; a finding that is not mentioned is absent.
    /// </summary>
    public static AdapterPreset Mimic { get; } = new(
        ("uncertain", "ones"), ("missing", "zeros"), ("patient_column", "subject_id"), ("prefix_pattern", "(.*/)?files/"),
        ("image_column", "Path,image_path,image,filename,dicom_id"), ("extension", ".jpg"),
        ("image_path", "files/p{subject_id:2}/p{subject_id}/s{study_id}/{name}"), ("join_column", "study_id"),
        ("images_list", "mimic-cxr-2.0.0-split.csv"),
        ("labels_list", "mimic-cxr-2.0.0-chexpert.csv,mimic-cxr-2.0.0-negbio.csv"));

    /// <summary>ChestDR of MedFMC.</summary>
    public static AdapterPreset ChestDr { get; } = new(("image_column", "img_id"));

    /// <summary>SIIM-ACR's <c>train-rle.csv</c>: a row per mask, -1 where there is none.</summary>
    public static AdapterPreset SiimAcr { get; } = new(
        ("image_column", "ImageId"), ("class_column", "EncodedPixels"), ("extension", ".dcm"), ("rows", "any"), ("values.-1", "0"),
        ("values.*", "1"));

    /// <summary>
    /// NODE21's <c>metadata.csv</c>: a row per nodule. Its MetaImage files must be converted; the names then end with <c>.png</c>.
    /// </summary>
    public static AdapterPreset Node21 { get; } = new(
        ("image_column", "img_name"), ("class_column", "label"), ("image_path", "{stem}.png"), ("rows", "any"));

    /// <summary>PadChest's table of images and labels; the images lie in numbered folders, which a column names.</summary>
    public static AdapterPreset PadChest { get; } = new(
        ("image_path", "{ImageDir}/{name}"),
        ("image_column", "ImageID"), ("findings_column", "Labels"), ("findings_separator", ","), ("patient_column", "PatientID"));
}
